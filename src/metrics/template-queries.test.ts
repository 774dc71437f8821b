/** Queries written in the manner of every provider that Flagger documents. */
import { describe, expect, it } from 'vitest';
import { parseTemplate, type TemplateValues } from './template.ts';

const values: TemplateValues = {
  name: 'podinfo',
  namespace: 'shop',
  target: 'podinfo-app',
  service: 'podinfo-svc',
  ingress: 'podinfo-ing',
  route: 'podinfo-route',
  interval: '60s',
  variables: new Map([
    ['code', '5..'],
    ['empty', ''],
    ['quoted', 'a"b\\c\n'],
  ]),
};

function render(text: string): string {
  return parseTemplate(text).render(values);
}

describe('queries in the manner of every provider that Flagger documents', () => {
  it.each([
    [
      'sum(rate(istio_requests_total{reporter="source",destination_workload_namespace="{{ namespace }}",destination_workload="{{ target }}",response_code!="404"}[{{ interval }}]))',
      'sum(rate(istio_requests_total{reporter="source",destination_workload_namespace="shop",destination_workload="podinfo-app",response_code!="404"}[60s]))',
    ],
    [
      'sum(rate(traefik_service_requests_total{service=~"{{ namespace }}-{{ service }}-canary-.*",code=~"{{ variables.code }}"}[{{ interval }}]))',
      'sum(rate(traefik_service_requests_total{service=~"shop-podinfo-svc-canary-.*",code=~"5.."}[60s]))',
    ],
    [
      'sum(rate(nginx_ingress_controller_requests{namespace="{{ namespace }}",ingress="{{ ingress }}",canary!=""}[{{ interval }}]))',
      'sum(rate(nginx_ingress_controller_requests{namespace="shop",ingress="podinfo-ing",canary!=""}[60s]))',
    ],
    [
      '{{- $route := printf "kube(ew)?_%s__%s__.*__%s_canary(_\\\\d+)?" namespace ingress service }}\nsum(rate(skipper_response_duration_seconds_bucket{route=~"{{ $route }}",le="+Inf"}[{{ interval }}]))',
      '\nsum(rate(skipper_response_duration_seconds_bucket{route=~"kube(ew)?_shop__podinfo-ing__.*__podinfo-svc_canary(_\\d+)?",le="+Inf"}[60s]))',
    ],
    [
      'avg:http.errors{service:{{ target }},kube_namespace:{{ namespace }}}.as_rate()',
      'avg:http.errors{service:podinfo-app,kube_namespace:shop}.as_rate()',
    ],
    [
      '[{"Id": "e1", "Period": 60, "MetricStat": {"Stat": "Sum", "Metric": {"Namespace": "{{ namespace }}"}}}]',
      '[{"Id": "e1", "Period": 60, "MetricStat": {"Stat": "Sum", "Metric": {"Namespace": "shop"}}}]',
    ],
    [
      "SELECT percentage(count(*), WHERE httpResponseCode >= 500) FROM Transaction WHERE appName = '{{ name }}'",
      "SELECT percentage(count(*), WHERE httpResponseCode >= 500) FROM Transaction WHERE appName = 'podinfo'",
    ],
    [
      'target=summarize(stats.{{ namespace }}.{{ target }}.errors, "{{ interval }}", "sum")&from=-{{ interval }}',
      'target=summarize(stats.shop.podinfo-app.errors, "60s", "sum")&from=-60s',
    ],
    [
      'from(bucket: "web") |> range(start: -{{ interval }}) |> filter(fn: (r) => r.pod == "{{ target }}")',
      'from(bucket: "web") |> range(start: -60s) |> filter(fn: (r) => r.pod == "podinfo-app")',
    ],
    [
      'builtin:service.errors.total.rate:filter(eq("dt.entity.service","{{ variables.code }}")):splitBy():avg',
      'builtin:service.errors.total.rate:filter(eq("dt.entity.service","5..")):splitBy():avg',
    ],
  ])('%s', (text, expected) => expect(render(text)).toBe(expected));
});
