import { describe, expect, it } from 'vitest';
import { type BuiltinName, builtinQuery, isBuiltin } from './builtin.ts';
import type { VantageSubject } from './vantage/port.ts';

const subject: VantageSubject = {
  namespace: 'shop',
  target: 'podinfo',
  service: 'podinfo',
  port: 9898,
  ingress: 'podinfo',
};

function queryFor(name: BuiltinName, vantage: string, changes: Partial<VantageSubject> = {}): string {
  const result = builtinQuery(name, vantage, { ...subject, ...changes }, { arm: 'canary', windowMs: 60_000 });
  return 'query' in result ? result.query : `problem: ${result.problem}`;
}

describe('built-in checks', () => {
  it('know their names', () => {
    expect(['request-success-rate', 'request-duration', 'latency', 'toString'].map(isBuiltin)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('count what Traefik counts for the canary Service', () => {
    const name = 'shop-podinfo-canary-http-9898@kubernetesgateway';
    const metric = 'traefik_service_requests_total';
    expect(queryFor('request-success-rate', 'traefik.io/gateway-controller')).toBe(
      '100 * (1 - (sum(' +
        `rate(${metric}{service="${name}",code!="",code=~"5.."}[60s]) or rate(${metric}{exported_service="${name}",code!="",code=~"5.."}[60s])` +
        ') or vector(0)) / (sum(' +
        `rate(${metric}{service="${name}",code!=""}[60s]) or rate(${metric}{exported_service="${name}",code!=""}[60s])` +
        ') > 0))',
    );
    expect(queryFor('request-duration', 'traefik.io/gateway-controller', { service: 'a--b' })).toContain(
      'rate(traefik_service_request_duration_seconds_bucket{service="shop-a-b-canary-http-9898@kubernetesgateway"}[60s])',
    );
  });

  it('count what an Istio gateway reports, in its unit', () => {
    const query = queryFor('request-duration', 'istio.io/gateway-controller', { service: 'web' });
    expect(query).toContain('destination_service_namespace="shop",destination_service_name="web-canary"');
    expect(query).toMatch(/^1 \* /);
  });

  it('use whole seconds, at least one', () => {
    const windows = [1, 999, 1500, 90_000].map(ms => {
      const result = builtinQuery('request-duration', 'kubernetes', subject, { arm: 'canary', windowMs: ms });
      return /\[(\d+s)\]/.exec('query' in result ? result.query : '')?.[1];
    });
    expect(windows).toEqual(['1s', '1s', '1s', '90s']);
  });

  it('say what to do where nothing can be counted', () => {
    for (const vantage of ['example.com/other', '', 'toString']) {
      expect(queryFor('request-duration', vantage)).toMatch(
        /^problem: request-duration: nothing is known of .* \(known: traefik,.*\); let the pods count.*; or name a MetricTemplate/,
      );
    }
    expect(queryFor('request-duration', 'nginx-gateway')).toMatch(/keeps no histogram/);
    expect(queryFor('request-success-rate', 'gateway.envoyproxy.io/gatewayclass-controller')).toContain(
      'rate(envoy_cluster_upstream_rq{envoy_cluster_name=~"httproute/shop/podinfo/rule/[0-9]+/backend/1"',
    );
  });
});
