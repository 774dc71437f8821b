import { describe, expect, it } from 'vitest';
import { type BuiltinName, type BuiltinSubject, builtinQuery, isBuiltin } from './builtin.ts';

const subject: BuiltinSubject = { namespace: 'shop', target: 'podinfo', service: 'podinfo', port: 9898 };

function queryFor(name: BuiltinName, vantage: string, changes: Partial<BuiltinSubject> = {}): string {
  const result = builtinQuery(name, vantage, { ...subject, ...changes }, 60_000);
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
        `rate(${metric}{service="${name}",code=~"5.."}[60s]) or rate(${metric}{exported_service="${name}",code=~"5.."}[60s])` +
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
      const result = builtinQuery('request-duration', 'kubernetes', subject, ms);
      return /\[(\d+s)\]/.exec('query' in result ? result.query : '')?.[1];
    });
    expect(windows).toEqual(['1s', '1s', '1s', '90s']);
  });

  it('name the known data planes and the remedy for an unknown one', () => {
    for (const vantage of ['gateway.envoyproxy.io/gatewayclass-controller', '', 'toString']) {
      expect(queryFor('request-duration', vantage)).toMatch(
        /^problem: request-duration is not built in for '.*' \(known: traefik\.io.*, kubernetes\); name a MetricTemplate/,
      );
    }
  });
});

function podsMatched(target: string, pods: readonly string[]): string[] {
  const query = queryFor('request-duration', 'kubernetes', { target });
  const literal = /,pod=~("(?:[^"\\]|\\.)*")/.exec(query)?.[1];
  if (literal === undefined) return [query];
  const pattern = new RegExp(`^(?:${String(JSON.parse(literal))})$`);
  return pods.filter(pod => pattern.test(pod));
}

/** As Kubernetes makes names of pods from their owner's. */
function podOf(owner: string): string {
  return `${`${owner}-`.slice(0, 58)}x2z9k`;
}

describe('pods of the canary', () => {
  it('are those of a Deployment or DaemonSet, never of the primary or of a namesake', () => {
    const canary = ['podinfo-7d4b9c6f5b-x2z9k', 'podinfo-x2z9k'];
    const others = [
      'podinfo-primary-7d4b9c6f5b-x2z9k',
      'podinfo-primary-x2z9k',
      'podinfo-ds-x2z9k',
      'podinfo-ds-7d4b9c6f5b-x2z9k',
      'podinfo-worker-x2z9k',
      'podinfo-0',
      'my-podinfo-x2z9k',
      'podinfo',
    ];
    expect(podsMatched('podinfo', [...canary, ...others])).toEqual(canary);
    expect(podsMatched('pod.info', ['podxinfo-x2z9k', 'pod.info-x2z9k'])).toEqual(['pod.info-x2z9k']);
  });

  it('are told from the primary also where Kubernetes cuts long names', () => {
    const hash = '7d4b9c6f5b';
    for (let length = 1; length <= 53; length += 1) {
      const target = 't'.repeat(length);
      const canary = [podOf(`${target}-${hash}`), podOf(target)];
      const primary = [podOf(`${target}-primary-${hash}`), podOf(`${target}-primary`)];
      expect(podsMatched(target, [...canary, ...primary])).toEqual(canary);
    }
    expect(podsMatched('t'.repeat(54), [])[0]).toMatch(/cannot tell pods .* MetricTemplate/);
  });
});
