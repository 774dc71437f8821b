import { describe, expect, it } from 'vitest';
import { vantageNames } from '../../api/vantage.ts';
import { vantageNameOf, vantageSeries } from './library.ts';
import type { VantageSeries, VantageSubject } from './port.ts';
import { selectorText } from './selector.ts';

const subject: VantageSubject = {
  namespace: 'shop',
  target: 'checkout',
  service: 'web',
  port: 9898,
  ingress: 'front',
};

function seriesOf(vantage: string, changes: Partial<VantageSubject> = {}): VantageSeries {
  const series = vantageSeries(vantage, { ...subject, ...changes });
  if ('problem' in series) throw new Error(series.problem);
  return series;
}

/** All selectors of one arm: total, failed, buckets. */
function selectorsOf(vantage: string, arm: 'canary' | 'primary'): string[] {
  const { counters, histograms } = seriesOf(vantage)[arm];
  return [
    ...counters.flatMap(({ total, bad }) => [
      selectorText(total),
      ...bad.map(each => selectorText(total, each)),
    ]),
    ...histograms.map(({ buckets }) => selectorText(buckets)),
  ];
}

const firstSelectors: Readonly<Record<string, readonly string[]>> = {
  traefik: [
    'traefik_service_requests_total{service="shop-web-canary-http-9898@kubernetesgateway",code!=""}',
    'traefik_service_requests_total{service="shop-web-canary-http-9898@kubernetesgateway",code!="",code=~"5.."}',
    'traefik_service_requests_total{exported_service="shop-web-canary-http-9898@kubernetesgateway",code!=""}',
    'traefik_service_requests_total{exported_service="shop-web-canary-http-9898@kubernetesgateway",code!="",code=~"5.."}',
    'traefik_service_request_duration_seconds_bucket{service="shop-web-canary-http-9898@kubernetesgateway"}',
    'traefik_service_request_duration_seconds_bucket{exported_service="shop-web-canary-http-9898@kubernetesgateway"}',
  ],
  istio: istio(
    'reporter="source",destination_service_namespace="shop",destination_service_name="web-canary"',
  ),
  'istio-workload': istio(
    'reporter="destination",destination_workload_namespace="shop",destination_workload="checkout"',
  ),
  'istio-waypoint': istio(
    'reporter="waypoint",destination_workload_namespace="shop",destination_workload="checkout"',
  ),
  'envoy-gateway': envoy('envoy_cluster_name=~"httproute/shop/web/rule/[0-9]+/backend/1"'),
  kgateway: envoy('envoy_cluster_name="kube_shop_web-canary_9898"', 'envoy_cluster_external_upstream_rq'),
  contour: envoy('envoy_cluster_name=~"shop_web-canary_[0-9A-Za-z-]+"'),
  cilium: envoy('envoy_cluster_name=~"(.*/)?shop:web-canary:9898"'),
  hubble: [
    'hubble_http_requests_total{reporter="server",destination_namespace="shop",destination_workload="checkout",status!=""}',
    'hubble_http_requests_total{reporter="server",destination_namespace="shop",destination_workload="checkout",status!="",status=~"5.."}',
    'hubble_http_request_duration_seconds_bucket{reporter="server",destination_namespace="shop",destination_workload="checkout"}',
  ],
  linkerd: [
    'response_total{namespace="shop",deployment="checkout",direction="inbound",classification!=""}',
    'response_total{namespace="shop",deployment="checkout",direction="inbound",classification!="",classification="failure"}',
    'response_latency_ms_bucket{namespace="shop",deployment="checkout",direction="inbound"}',
  ],
  'linkerd-outbound': [
    'outbound_http_route_backend_response_statuses_total{parent_namespace="shop",parent_name="web",backend_name="web-canary"}',
    'outbound_http_route_backend_response_statuses_total{parent_namespace="shop",parent_name="web",backend_name="web-canary",http_status=~"5.."}',
    'outbound_http_route_backend_response_statuses_total{parent_namespace="shop",parent_name="web",backend_name="web-canary",error!=""}',
    'outbound_http_route_backend_response_duration_seconds_bucket{parent_namespace="shop",parent_name="web",backend_name="web-canary"}',
  ],
  'nginx-gateway': [
    'nginxplus_upstream_server_responses{upstream="shop_web-canary_9898",code!=""}',
    'nginxplus_upstream_server_responses{upstream="shop_web-canary_9898",code!="",code=~"5.."}',
  ],
  'nginx-ingress': [
    'nginx_ingress_controller_requests{namespace="shop",ingress="front",canary!="",status!=""}',
    'nginx_ingress_controller_requests{namespace="shop",ingress="front",canary!="",status!="",status=~"5.."}',
    'nginx_ingress_controller_response_duration_seconds_bucket{namespace="shop",ingress="front",canary!=""}',
  ],
  skipper: [
    'skipper_response_duration_seconds_count{route=~"kube(ew)?_shop__front_canary__.*__web_canary(_[0-9]+)?",code!=""}',
    'skipper_response_duration_seconds_count{route=~"kube(ew)?_shop__front_canary__.*__web_canary(_[0-9]+)?",code!="",code=~"5.."}',
    'skipper_response_duration_seconds_bucket{route=~"kube(ew)?_shop__front_canary__.*__web_canary(_[0-9]+)?"}',
  ],
};

function istio(labels: string): string[] {
  const total = `${labels},response_code!=""`;
  return [
    `istio_requests_total{${total}}`,
    `istio_requests_total{${total},response_code=~"0|5.."}`,
    `istio_requests_total{${total},grpc_response_status=~"2|4|12|13|14|15"}`,
    `istio_request_duration_milliseconds_bucket{${labels}}`,
  ];
}

function envoy(cluster: string, metric = 'envoy_cluster_upstream_rq'): string[] {
  return [
    `${metric}{${cluster},envoy_response_code!=""}`,
    `${metric}{${cluster},envoy_response_code!="",envoy_response_code=~"5.."}`,
    `${metric}_time_bucket{${cluster}}`,
  ];
}

describe('the library of vantage points', () => {
  it.each(Object.entries(firstSelectors))('counts the canary by %s', (vantage, expected) => {
    expect(selectorsOf(vantage, 'canary')).toEqual(expected);
  });

  it.each(Object.keys(firstSelectors))('tells the primary from the canary by %s', vantage => {
    const primary = selectorsOf(vantage, 'primary');
    expect(primary).toHaveLength(selectorsOf(vantage, 'canary').length);
    expect(primary).not.toEqual(expect.arrayContaining(selectorsOf(vantage, 'canary').slice(0, 1)));
  });

  it('numbers the backends of Envoy Gateway as the route has them', () => {
    expect(selectorsOf('envoy-gateway', 'primary')[0]).toContain('/backend/0"');
  });

  it('gives both arms pods of their own, whatever the scrape configuration calls them', () => {
    for (const vantage of ['opentelemetry', 'kubernetes', 'http-requests', 'micrometer']) {
      const [canary, primary] = [selectorsOf(vantage, 'canary'), selectorsOf(vantage, 'primary')];
      expect(canary.filter(each => primary.includes(each))).toEqual([]);
      expect(primary[0]).toMatch(/\{namespace="shop",pod=~"checkout-primary-/);
      expect(canary.join()).toContain('kubernetes_namespace="shop",kubernetes_pod_name=~"checkout-(');
    }
    expect(selectorsOf('opentelemetry', 'primary').join()).toContain(
      'http_server_request_duration_seconds_count{k8s_namespace_name="shop",k8s_deployment_name="checkout-primary",http_route!~"/(health|',
    );
    expect(selectorsOf('micrometer', 'canary')[0]).toMatch(
      /^http_server_requests_seconds_count\{.*,status!=""\}$/,
    );
  });

  it('is found by name and by the controller of a GatewayClass', () => {
    for (const name of vantageNames) {
      expect(vantageNameOf(name)).toBe(name);
      expect(seriesOf(name)).toMatchObject({ name, needs: expect.stringMatching(/^\S.*\S$/) });
    }
    expect(seriesOf('traefik.io/gateway-controller').name).toBe('traefik');
    expect(seriesOf('gateway.envoyproxy.io/gatewayclass-controller').name).toBe('envoy-gateway');
    expect(vantageNameOf('toString')).toBeUndefined();
  });

  it.each([
    ['konghq.com/kic-gateway-controller', {}, /^Kong does not count requests by backend; let the pods count/],
    ['example.com/other', {}, /^nothing is known of the metrics of 'example.com\/other' \(known: traefik/],
    ['traefik', { namespace: 'x",y="' }, /not a Kubernetes name/],
    ['linkerd', { target: 'a|b' }, /not a Kubernetes name/],
    ['kubernetes', { target: 't'.repeat(54) }, /cannot be told from its primary's/],
  ])('says of %s %j why there is nothing', (vantage, changes, problem) => {
    expect(vantageSeries(vantage, { ...subject, ...changes })).toEqual({
      problem: expect.stringMatching(problem),
    });
  });

  it('knows long names by the label of the Deployment', () => {
    const { canary } = seriesOf('opentelemetry', { target: 't'.repeat(60) });
    expect(canary.counters).toHaveLength(1);
  });
});
