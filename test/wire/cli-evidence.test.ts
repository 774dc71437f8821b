/** `siskin analyze` for kinds of checks beside the comparison of counts: a running release, and raw samples on a real socket. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CliWorld, canaryObject, startCliWorld } from './cli-world.ts';
import { answerJson, type SeenRequest } from './fake-prometheus.ts';

const canaries = 'siskin.dev/v1beta1/canaries';
let world: CliWorld;
let began: string;

beforeEach(async () => {
  world = await startCliWorld();
});

afterEach(async () => {
  await world.close();
});

/** A release that began so many seconds ago. */
function release(checks: readonly object[], seconds: number): void {
  began = new Date(Date.now() - seconds * 1_000).toISOString();
  world.api.store.create(canaries, canaryObject({}, { metrics: [], warmUp: '0s', checks }));
  const status = {
    phase: 'Progressing',
    canaryWeight: 20,
    promoted: { revision: 'v1-00000000000000aa', at: began },
    run: { id: 'run-1', revision: 'v1-0123456789abcdef', startedAt: began, weightAt: began, stepAt: began },
  };
  world.api.store.patch(canaries, 'shop', 'checkout', { status }, 'status');
}

interface Metric {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: (at: number) => number;
  /** Its samples are native histograms with so many observations, of which this share took more than half a second. */
  readonly slow?: number;
}

function histogram(count: number, slow: number) {
  const buckets = [
    [0, '0.25', '0.5', String(count * (1 - slow))],
    [0, '0.5', '1', String(count * slow)],
  ];
  return { count: String(count), sum: '1', buckets };
}

/** Samples every five seconds of the time that was asked for, of the metric that was asked for. */
function answer(...metrics: readonly Metric[]): void {
  world.prometheus.behave(({ parameters }: SeenRequest, response) => {
    const query = parameters.get('query') ?? '';
    const until = Math.floor(Number(parameters.get('time')) / 5) * 5;
    const length = Math.floor(Number(/\[(\d+)s\]$/.exec(query)?.[1]) / 5);
    const result = metrics
      .filter(({ labels }) => query.startsWith(`${labels['__name__'] ?? ''}{`))
      .map(({ labels, value, slow }) => {
        const times = Array.from({ length }, (_, index) => until - (length - 1 - index) * 5);
        return slow === undefined
          ? { metric: labels, values: times.map(at => [at, String(value(at))]) }
          : { metric: labels, histograms: times.map(at => [at, histogram(value(at), slow)]) };
      });
    answerJson(response, 200, { status: 'success', data: { resultType: 'matrix', result } });
  });
}

async function analyze() {
  return world.siskin(['analyze', 'checkout', '--prometheus', world.prometheus.url]);
}

function pod(name: string, bytes: number): Metric {
  const labels = { __name__: 'process_resident_memory_bytes', namespace: 'shop', pod: name };
  return { labels, value: at => bytes + (at % 15) };
}

it("compares a gauge of the canary's pods with the primary's, knowing the pods by their names", async () => {
  const metric = 'process_resident_memory_bytes';
  release([{ name: 'memory', gauge: { metric, every: '10s' } }], 600);
  answer(
    pod('checkout-7d9f8b6c54-x2x4z', 150e6),
    pod('checkout-primary-5f9f8b6c54-abcde', 1e6),
    pod('checkout-primary-5f9f8b6c54-x2x4z', 100e6),
    pod('checkout-primary-5f9f8b6c54-z2x4z', 110e6),
    pod('checkout-worker-5f9f8b6c54-z2x4z', 999e6),
  );
  const { code, stdout } = await analyze();
  expect(stdout).toMatch(
    /memory +150000000 +at most 10 % above the primary +fail +memory: canary 150M, primary 105M a pod in the last 10s; worse than what is accepted/u,
  );
  expect(code).toBe(3);
});

function counter(side: string, code: string, value: (at: number) => number): Metric {
  return {
    labels: {
      __name__: 'traefik_service_requests_total',
      service: `shop-checkout-${side}-http-80@kubernetesgateway`,
      code,
    },
    value,
  };
}

it('says what the error budget does over both windows', async () => {
  const burnRate = { objective: 99, window: '1m', longWindow: '1h', max: 2 };
  release([{ name: 'budget', burnRate }], 60);
  const failsFrom = Date.now() / 1_000 - 60;
  answer(
    counter('primary', '200', at => at * 95),
    counter('primary', '500', at => Math.max(0, at - failsFrom) * 5),
  );
  const { code, stdout } = await analyze();
  expect(stdout).toMatch(
    /budget +[45]\.?\d* +burn rate at most 2 +pass +budget: .+ failed on both sides in 1m, the error budget burns [45]\S* times as fast as allowed \(limit 2\), over 1h 0\.0\d+ times\./u,
  );
  expect(code).toBe(0);
  const windows = world.prometheus.seen.map(({ parameters }) =>
    Number(/\[(\d+)s\]$/.exec(parameters.get('query') ?? '')?.[1]),
  );
  expect(Math.max(...windows)).toBeGreaterThanOrEqual(3_600);
});

const native = { canary: { buckets: 'canary_seconds' }, primary: { buckets: 'primary_seconds' } };

function latency(histograms: object): object[] {
  return [{ name: 'latency', compare: { of: 'Latency', histograms } }];
}

it('compares latency by native histograms', async () => {
  release(latency(native), 120);
  const since = Date.now() / 1_000 - 120;
  answer(
    { labels: { __name__: 'canary_seconds' }, value: at => Math.max(0, at - since) * 10, slow: 0.4 },
    { labels: { __name__: 'primary_seconds' }, value: at => (at - since + 3_600) * 90, slow: 0.02 },
  );
  const { code, stdout } = await analyze();
  expect(stdout).toMatch(/fail +latency: canary 40 % of [\d,]+ requests slower than 500 ms, primary 2 % of/u);
  expect(code).toBe(3);
});

it('refuses to compare native histograms with classic ones', async () => {
  release(latency({ ...native, primary: { buckets: 'primary_seconds_bucket' } }), 120);
  answer(
    { labels: { __name__: 'canary_seconds' }, value: at => at, slow: 0.1 },
    { labels: { __name__: 'primary_seconds_bucket', le: '0.5' }, value: at => at },
  );
  const { code, stdout } = await analyze();
  expect(stdout).toContain(
    "latency: native histograms on the canary's side and classic histograms on the primary's cannot be compared",
  );
  expect(code).toBe(5);
});

it('calls no webhook, and tells what it said last', async () => {
  const url = `${world.prometheus.url}/judge`;
  release([{ name: 'judge', webhook: { url } }], 60);
  const first = await analyze();
  expect(first.stdout).toMatch(/judge +- +an answer of 200 to 299 +noData +judge: it was not asked yet\./u);
  const state = JSON.stringify({ at: Date.now() - 60_000, status: 409, failed: 1, text: 'no' });
  const evidence = {
    pollAt: began,
    checks: [{ name: 'judge', outcome: 'Fail', message: 'judge: no.', state }],
  };
  world.api.store.patch(canaries, 'shop', 'checkout', { status: { run: { evidence } } }, 'status');
  const { code, stdout } = await analyze();
  expect(stdout).toMatch(
    /judge +409 +an answer of 200 to 299 +fail +judge: the webhook answered 409, "no"\./u,
  );
  expect(code).toBe(3);
  expect(world.prometheus.seen).toEqual([]);
});
