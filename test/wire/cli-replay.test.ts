/** `siskin analyze --last` against a Prometheus on a real socket which holds a past made of two counters. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixedSeed } from '../sim/random.ts';
import { type CliWorld, canaryObject, startCliWorld } from './cli-world.ts';
import { answerJson, type SeenRequest } from './fake-prometheus.ts';

const canaries = 'siskin.dev/v1beta1/canaries';
const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
let world: CliWorld;

beforeEach(async () => {
  world = await startCliWorld();
  world.api.store.create(canaries, canaryObject({}, { metrics }));
});

afterEach(async () => {
  await world.close();
});

interface PastOptions {
  /** Requests per second. */
  readonly rate: number;
  /** Share of failed requests at a moment, in seconds since the epoch. */
  readonly failed: (at: number) => number;
  /** When the counters began again from 0. */
  readonly resetAt?: number;
}

/** Scraped every 15 s; only the primary has requests. */
function remember({ rate, failed, resetAt }: PastOptions): void {
  const origin = Math.floor(Date.now() / 1_000) - 40 * 86_400;
  const grown = new Map<string, number>();
  world.prometheus.behave((request, response) => {
    const [query, start, end, step] = ['query', 'start', 'end', 'step'].map(
      name => request.parameters.get(name) ?? '',
    );
    if (query?.startsWith('min((timestamp(')) {
      return answerMatrix(response, [{ metric: {}, values: [[Number(start), '15.03']] }]);
    }
    if (query?.includes('-canary-') === true || query?.includes('exported_service') === true) {
      return answerMatrix(response, []);
    }
    const codes = ['200', '500'].map(code => {
      const values: [number, string][] = [];
      for (let at = Number(start); at <= Number(end); at += Number(step)) {
        const share = code === '500' ? failed(at) : 1 - failed(at);
        const before = grown.get(code) ?? rate * (at - origin) * share;
        const value = resetAt !== undefined && at - Number(step) < resetAt && at >= resetAt ? 0 : before;
        grown.set(code, value + rate * Number(step) * share);
        values.push([at, String(grown.get(code))]);
      }
      return { metric: { __name__: 'traefik_service_requests_total', code }, values };
    });
    answerMatrix(response, codes);
  });
}

function answerMatrix(response: Parameters<typeof answerJson>[0], result: object[]): void {
  answerJson(response, 200, { status: 'success', data: { resultType: 'matrix', result } });
}

async function replayed(last: string): Promise<Record<string, unknown>> {
  const args = ['analyze', 'checkout', '--last', last, '-o', 'json', '--prometheus', world.prometheus.url];
  const { code, stdout, stderr } = await world.siskin(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^(… .*\n)*$/) });
  const report: Record<string, unknown> = JSON.parse(stdout);
  return report;
}

describe(`siskin analyze --last, seed ${fixedSeed}`, () => {
  it('reads raw counters page by page, and says what each check would have done', async () => {
    remember({ rate: 100, failed: () => 0.001 });
    const report = await replayed('12h');
    expect(report).toMatchObject({
      kind: 'Replay',
      vantage: 'traefik',
      past: { seconds: 43_200, requests: 4_320_000, failedPercent: 0.1, interval: 15 },
      releases: 300,
      notReplayed: [],
      checks: [
        {
          name: 'request-success-rate',
          judge: 'threshold',
          isConfigured: true,
          // One in a hundred more is what the limit allows, within chance.
          regressions: [{ added: 1 }, { added: 5, failed: 100 }, { added: 50, failed: 100 }],
        },
        {
          name: 'errors',
          judge: 'evidence',
          isConfigured: false,
          healthy: { failed: expect.any(Number) },
          regressions: [{ added: 1 }, { added: 5, failed: 100 }, { added: 50, failed: 100 }],
        },
      ],
    });
    const pages = world.prometheus.seen.filter(({ path }) => path === '/api/v1/query_range').map(windowOf);
    // The scrape interval, then three pages, of each of the four selectors of both sides.
    expect(pages).toHaveLength(16);
    expect(Math.max(...pages)).toBeLessThan(1_000 * 15);
  });

  it('counts nothing twice where counters begin again, and blames no release for everybody’s incident', async () => {
    const now = Date.now() / 1_000;
    const inIncident = (at: number): boolean => at > now - 7_200 && at < now - 5_400;
    remember({ rate: 100, failed: at => (inIncident(at) ? 0.05 : 0.001), resetAt: now - 9_000 });
    const { past, checks } = await replayed('6h');
    expect(past).toMatchObject({
      requests: expect.closeTo(2_160_000, -4),
      failedPercent: expect.closeTo(0.5, 0),
    });
    const [threshold, evidence] = Array.isArray(checks) ? checks : [];
    expect(threshold.healthy.failed).toBeGreaterThan(5);
    expect(evidence.healthy.failed).toBeLessThan(threshold.healthy.failed);
  });

  it('prints a table', async () => {
    remember({ rate: 20, failed: () => 0.001 });
    const args = ['analyze', 'checkout', '--last', '1h', '--prometheus', world.prometheus.url];
    const { stdout } = await world.siskin(args);
    expect(stdout).toMatch(
      /^shop\/checkout: the last 1h, 72,000 requests\n20 requests\/s, 0\.1 % failed; counted by traefik/,
    );
    expect(stdout).toMatch(/request-success-rate \(threshold\) {2,}\d/);
    expect(stdout).toMatch(/errors \(evidence, not configured\) {2,}\d/);
  });

  it.each([
    [['--last', '5m'], 2, /^error: --last: must be a duration from 10m to 366d/],
    [['--last', 'x'], 2, /^error: --last/],
    [
      ['--last', '1h'],
      1,
      /has no samples of traefik_service_requests_total\{.*checkout-primary.* they need the Prometheus metrics of Traefik/,
    ],
  ])('%j ends with %d and says why', async (args, code, why) => {
    world.prometheus.behave((_, response) => answerMatrix(response, []));
    await expect(
      world.siskin(['analyze', 'checkout', ...args, '--prometheus', world.prometheus.url]),
    ).resolves.toEqual({ code, stdout: '', stderr: expect.stringMatching(why) });
  });

  it('refuses a past that may be partial, one that is no Prometheus, and a canary without requests', async () => {
    const args = ['analyze', 'checkout', '--last', '1h', '--prometheus', world.prometheus.url];
    world.prometheus.behave((_, response) => {
      answerJson(response, 200, {
        status: 'success',
        warnings: ['x'],
        data: { resultType: 'matrix', result: [] },
      });
    });
    await expect(world.siskin(args)).resolves.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/may be partial/),
    });
    world.prometheus.behave((_, response) => void response.end('<html>'));
    await expect(world.siskin(args)).resolves.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/login page/),
    });
    const analysis = { metrics, iterations: 3, stepWeights: null };
    world.api.store.patch(canaries, 'shop', 'checkout', { spec: { analysis } }, undefined);
    await expect(world.siskin(args)).resolves.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Canary shop\/checkout: spec\.analysis has no stepWeight/),
    });
  });

  it('tells how to reach a server that is only known in the cluster, and sends it no token', async () => {
    const { code, stderr } = await world.siskin(['analyze', 'checkout', '--last', '1h'], {
      env: { SISKIN_PROMETHEUS_TOKEN: 's3cret-token' },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/kubectl -n monitoring port-forward svc\/prometheus 9090:9090/);
    expect(stderr).not.toContain('s3cret-token');
  });
});

function windowOf({ parameters }: SeenRequest): number {
  return Number(parameters.get('end')) - Number(parameters.get('start'));
}
