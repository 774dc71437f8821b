/** The built-in checks and odd queries against the real Prometheus, fed with series as Traefik, Istio and applications export them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vantageNames } from '../../src/api/vantage.ts';
import { createHttpClient } from '../../src/http/client.ts';
import { readHistory, scrapeSeconds } from '../../src/metrics/history.ts';
import type { CheckRequest, Sample } from '../../src/metrics/port.ts';
import { createSampler } from '../../src/metrics/sampler.ts';
import { vantageSeries } from '../../src/metrics/vantage/library.ts';
import { waitFor } from '../kind/lib/wait.ts';
import { type RealPrometheus, startRealPrometheus } from './real-prometheus.ts';

/** How a Service answers: requests per scrape by status; 0 keeps the counter where it is. */
type Traffic = Readonly<Record<string, number>>;

const traffic: Readonly<Record<string, Traffic>> = {
  fine: { 200: 10, 404: 2 },
  mixed: { 200: 9, 503: 1 },
  broken: { 500: 7, 502: 3 },
  idle: { 200: 0, 500: 0 },
};
const durationBuckets = ['0.1', '0.3', '1.2', '+Inf'];

let server: RealPrometheus;
let sampler: ReturnType<typeof createSampler>;

beforeAll(async () => {
  server = await startRealPrometheus({
    traefik: { labels: {}, export: scrape => traefikSeries('shop', scrape) },
    // As a ServiceMonitor does it: the target's own `service` label pushes that of the series aside.
    monitored: {
      labels: { service: 'traefik', namespace: 'ingress' },
      export: scrape => traefikSeries('ops', scrape),
    },
    istio: { labels: { namespace: 'istio-ingress' }, export: istioSeries },
    pods: {
      labels: {},
      export: scrape => [
        ...podSeries(['namespace', 'pod'], 'shop', scrape),
        ...podSeries(['kubernetes_namespace', 'kubernetes_pod_name'], 'ops', scrape),
      ],
    },
  });
  sampler = createSampler({
    readSecret: () => Promise.resolve(undefined),
    defaultServer: { address: server.url },
    clock: { now: () => Date.now() },
  });
}, 1_800_000);

afterAll(async () => {
  sampler?.close();
  await server?.stop();
});

/** Every request takes between 0.1 and 0.3 s. */
function histogram(name: string, labels: string, count: number): string[] {
  const lines = durationBuckets.map(le => `${name}_bucket{${labels},le="${le}"} ${le === '0.1' ? 0 : count}`);
  return [...lines, `${name}_count{${labels}} ${count}`, `${name}_sum{${labels}} ${count * 0.2}`];
}

function traefikSeries(namespace: string, scrape: number): string[] {
  return Object.entries(traffic).flatMap(([service, statuses]) =>
    Object.entries({ canary: statuses, primary: { 500: 5 } }).flatMap(([side, codes]) =>
      Object.entries(codes).flatMap(([code, each]) => {
        const name = `${namespace}-${service}-${side}-http-80@kubernetesgateway`;
        const labels = `code="${code}",method="GET",protocol="http",service="${name}"`;
        const count = 100 + each * scrape;
        return [
          `traefik_service_requests_total{${labels}} ${count}`,
          ...histogram('traefik_service_request_duration_seconds', labels, count),
        ];
      }),
    ),
  );
}

function istioSeries(scrape: number): string[] {
  return Object.entries(traffic).flatMap(([service, statuses]) =>
    Object.entries(statuses).map(([code, each]) => {
      const labels = `reporter="source",destination_service_namespace="shop",destination_service_name="${service}-canary"`;
      return `istio_requests_total{${labels},response_code="${code}"} ${100 + each * scrape}`;
    }),
  );
}

function podSeries(
  [namespaceLabel, podLabel]: readonly [string, string],
  namespace: string,
  scrape: number,
): string[] {
  return Object.entries(traffic).flatMap(([target, statuses]) =>
    Object.entries({
      [`${target}-7d4b9c6f5b-x2z9k`]: statuses,
      [`${target}-primary-7d4b9c6f5b-x2z9k`]: { 500: 5 },
    }).flatMap(([pod, codes]) =>
      Object.entries(codes).flatMap(([status, each]) =>
        histogram(
          'http_request_duration_seconds',
          `${namespaceLabel}="${namespace}",${podLabel}="${pod}",status="${status}"`,
          100 + each * scrape,
        ),
      ),
    ),
  );
}

function ask(
  metric: CheckRequest['metric'],
  service: string,
  vantage: string,
  namespace: string,
): Promise<Sample> {
  return sampler.sample({
    metric,
    names: { name: service, namespace, target: service, service, ingress: service, route: service },
    port: 80,
    vantage,
    arm: 'canary',
    windowMs: 2_000,
    at: Date.now(),
  });
}

describe.each([
  ['traefik.io/gateway-controller', 'shop'],
  ['traefik.io/gateway-controller', 'ops'],
  ['istio.io/gateway-controller', 'shop'],
  ['kubernetes', 'shop'],
  ['kubernetes', 'ops'],
])('built-in checks as seen from %s in namespace %s', (vantage, namespace) => {
  const metric = { name: 'request-success-rate' };

  it.each([
    ['fine', 100],
    ['mixed', 90],
    ['broken', 0],
  ])('%s has a success rate of %d %%', async (service, percent) => {
    const value = await waitFor(`a value for ${service}`, async () => {
      const sample = await ask(metric, service, vantage, namespace);
      return sample.kind === 'value' ? sample.value : undefined;
    });
    expect(value).toBeCloseTo(percent, 6);
  });

  it.each(['idle', 'unknown'])('%s has no success rate, for there were no requests', async service => {
    await expect(ask(metric, service, vantage, namespace)).resolves.toEqual({
      kind: 'noData',
      why: expect.stringMatching(/no series/),
    });
  });
});

describe.each([
  ['traefik.io/gateway-controller', 'shop'],
  ['traefik.io/gateway-controller', 'ops'],
  ['kubernetes', 'shop'],
  ['kubernetes', 'ops'],
])('the duration as seen from %s in namespace %s', (vantage, namespace) => {
  it('is the 99th percentile in milliseconds', async () => {
    const value = await waitFor('a duration', async () => {
      const sample = await ask({ name: 'request-duration' }, 'fine', vantage, namespace);
      return sample.kind === 'value' ? sample.value : undefined;
    });
    // 99 % of the way through the bucket from 100 to 300 ms.
    expect(value).toBeCloseTo(298, 6);
  });

  it.each(['idle', 'unknown'])('of %s is not known', async service => {
    await expect(ask({ name: 'request-duration' }, service, vantage, namespace)).resolves.toMatchObject({
      kind: 'noData',
    });
  });
});

describe.each(vantageNames)('the selectors of %s', vantage => {
  it('are PromQL, and find nothing of others', async () => {
    const names = vantage === 'nginx-gateway' ? [] : ['request-duration'];
    for (const name of ['request-success-rate', ...names]) {
      await expect(ask({ name }, 'absent', vantage, 'shop')).resolves.toEqual({
        kind: 'noData',
        why: expect.stringMatching(/no series/),
      });
    }
  });
});

describe('the past', () => {
  it('is read as the requests of each interval, with the interval of the scrapes', async () => {
    const series = vantageSeries('traefik', {
      namespace: 'shop',
      target: 'mixed',
      service: 'mixed',
      port: 80,
      ingress: '',
    });
    if ('problem' in series) throw new Error(series.problem);
    const { counters } = series.canary;
    const http = createHttpClient({ timeoutMs: 5_000, maxBytes: 1_024 * 1_024 });
    const deps = { http, address: server.url };
    const to = Math.floor(Date.now() / 1_000);
    const history = await waitFor('three seconds of the past', async () => {
      const intervals = await readHistory(
        { counters, from: to - 10, to: Math.floor(Date.now() / 1_000), step: 1 },
        deps,
      );
      return intervals.filter(({ total }) => total > 0).length >= 3 ? intervals : undefined;
    });
    expect(await scrapeSeconds(counters, Date.now() / 1_000, deps)).toBeCloseTo(0.1, 1);
    http.close();
    // One request in ten fails, in each scrape.
    for (const { total, bad } of history) expect([total % 10, bad * 10]).toEqual([0, total]);
  });
});

describe('queries of people', () => {
  it.each<[string, Partial<Sample> | { why: unknown }]>([
    ['1 + 1', { kind: 'value', value: 2 }],
    ['vector(1e3)', { kind: 'value', value: 1000 }],
    ['vector(0) / 0', { kind: 'noData', why: expect.stringMatching(/NaN/) }],
    ['vector(1) / 0', { kind: 'inconclusive', why: expect.stringMatching(/\+Inf/) }],
    ['no_such_series', { kind: 'noData' }],
    [
      'traefik_service_requests_total',
      { kind: 'inconclusive', why: expect.stringMatching(/^\d+ series, expected one/) },
    ],
    [
      'traefik_service_requests_total[1m]',
      { kind: 'inconclusive', why: expect.stringMatching(/range of values/) },
    ],
    ['"text"', { kind: 'inconclusive', why: expect.stringMatching(/text/) }],
    [
      'quantile(2, vector(1))',
      { kind: 'inconclusive', why: expect.stringMatching(/partial: PromQL warning/) },
    ],
    [
      'sum(',
      { kind: 'error', why: expect.stringMatching(/400: the query is not valid: bad_data: .*parse error/) },
    ],
    [
      'vector(1) * on() group_left() traefik_service_requests_total * on() traefik_service_requests_total',
      { kind: 'error', why: expect.stringMatching(/422: the query is not valid: execution/) },
    ],
    [
      'sum(rate(traefik_service_requests_total{service=~"{{ namespace }}-{{ service }}-canary-.*"}[{{ interval }}])) > bool 0',
      { kind: 'value', value: 1 },
    ],
  ])('%s', async (query, expected) => {
    await expect(ask({ name: 'custom', query }, 'fine', 'kubernetes', 'shop')).resolves.toMatchObject(
      expected,
    );
  });
});
