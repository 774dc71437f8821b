/** Latency by native histograms: pushed to a real Prometheus as OpenTelemetry does, read back raw, and judged. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkSettings } from '../../src/core/analysis/settings.ts';
import { judgeCompare } from '../../src/core/evidence/compare.ts';
import { classicOf } from '../../src/core/evidence/native.ts';
import type { RawSeries } from '../../src/metrics/port.ts';
import { createSeriesReader } from '../../src/metrics/series/reader.ts';
import { createServers, type Servers } from '../../src/metrics/servers.ts';
import { vantageSeries } from '../../src/metrics/vantage/library.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { type RealPrometheus, startRealPrometheus } from './real-prometheus.ts';

const stepMs = 5_000;
const steps = 60;
const begin = Date.now() - steps * stepMs;
/** The canary's requests begin here. */
const middle = begin + (steps / 2) * stepMs;

let server: RealPrometheus;
let servers: Servers;

beforeAll(async () => {
  server = await startRealPrometheus({}, [
    '--enable-feature=native-histograms',
    '--web.enable-otlp-receiver',
    '--storage.tsdb.retention.time=1d',
  ]);
  servers = createServers({
    readSecret: () => Promise.resolve(undefined),
    defaultServer: { address: server.url },
    clock: systemClock,
  });
}, 1_800_000);

afterAll(async () => {
  servers?.close();
  await server?.stop();
});

interface Workload {
  readonly name: string;
  readonly from: number;
  /** Requests per step by bucket: from 2^(-i/8 - 1/8) to 2^(-i/8) seconds. */
  readonly perStep: ReadonlyMap<number, number>;
}

function attribute(key: string, value: string) {
  return { key, value: { stringValue: value } };
}

function nanos(ms: number): string {
  return `${ms}000000`;
}

function pointOf({ name, from, perStep }: Workload, at: number) {
  const past = (at - from) / stepMs;
  const widest = Math.max(...perStep.keys());
  const bucketCounts = Array.from(
    { length: widest + 1 },
    (_, index) => past * (perStep.get(widest - index) ?? 0),
  );
  return {
    attributes: [
      attribute('k8s.namespace.name', 'shop'),
      attribute('k8s.deployment.name', name),
      attribute('http.response.status_code', '200'),
    ],
    startTimeUnixNano: nanos(from),
    timeUnixNano: nanos(at),
    count: String(bucketCounts.reduce((sum, count) => sum + count, 0)),
    sum: 1,
    scale: 3,
    zeroCount: '0',
    positive: { offset: -widest - 1, bucketCounts: bucketCounts.map(String) },
  };
}

async function push(workloads: readonly Workload[]): Promise<void> {
  for (let at = begin; at <= begin + steps * stepMs; at += stepMs) {
    const dataPoints = workloads.filter(({ from }) => at >= from).map(workload => pointOf(workload, at));
    const metric = {
      name: 'http.server.request.duration',
      unit: 's',
      exponentialHistogram: { aggregationTemporality: 2, dataPoints },
    };
    const answer = await fetch(`${server.url}/api/v1/otlp/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceMetrics: [{ resource: { attributes: [] }, scopeMetrics: [{ metrics: [metric] }] }],
      }),
    });
    expect(await answer.text()).toBe('');
    expect(answer.status).toBe(200);
  }
}

async function judged(target: string) {
  const subject = { namespace: 'shop', target, service: target, port: 80, ingress: '' };
  const series = vantageSeries('opentelemetry', subject);
  if ('problem' in series) throw new Error(series.problem);
  const selectors = [series.canary, series.primary].map(({ histograms }) =>
    histograms.flatMap(({ buckets, native }) => [buckets, native]),
  );
  const at = begin + steps * stepMs + 500;
  const reader = createSeriesReader({ servers, clock: systemClock });
  const [canary = [], primary = []] = await Promise.all(
    selectors.map(async side => {
      const answers = await reader.read({ selectors: side, from: begin - stepMs, at });
      return answers.flatMap((answer): readonly RawSeries[] => {
        if (answer.kind !== 'series') throw new Error(answer.why);
        return answer.series;
      });
    }),
  );
  const sides = classicOf({ canary, primary });
  if ('why' in sides) throw new Error(sides.why);
  const settings = checkSettings('latency', 'balanced', { warmUpMs: 0 });
  return judgeCompare(
    { name: 'latency', kind: 'compare', settings },
    undefined,
    { kind: 'histograms', ...sides, selectors: { canary: 'canary', primary: 'primary' }, unitMs: 1_000 },
    { now: at, analysedFrom: middle },
  );
}

it('tells a slow canary from one that is as fast, to the request', async () => {
  const usual = new Map([
    [32, 450],
    [24, 200],
    [16, 40],
    [8, 10],
  ]);
  const slow = new Map([
    [32, 10],
    [24, 30],
    [16, 20],
    [8, 10],
  ]);
  const tenth = new Map([...usual].map(([index, count]) => [index, count / 10]));
  await push([
    { name: 'slow', from: middle, perStep: slow },
    { name: 'slow-primary', from: begin, perStep: usual },
    { name: 'fast', from: middle, perStep: tenth },
    { name: 'fast-primary', from: begin, perStep: usual },
  ]);
  const bad = await judged('slow');
  expect(bad).toMatchObject({ outcome: 'fail', action: 'rollback' });
  expect(bad.message).toMatch(/^latency: canary \S+ % of [\d,]+ requests slower than \S+ ms, primary/u);
  const good = await judged('fast');
  expect(good).toMatchObject({ outcome: 'pass', action: 'advance' });
  expect(good.counts?.canary.total).toBeCloseTo((70 * steps) / 2, 6);
});
