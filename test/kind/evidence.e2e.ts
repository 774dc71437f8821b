/** Seven releases judged by evidence, and beside each of them the same release judged by thresholds as Flagger does; what differs is printed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { CanaryStatus } from '../../src/api/canary-status.ts';
import { type App, type Release, startApp } from './e2e/app.ts';
import { exampleFiles } from './e2e/example.ts';
import { mend, scalePrometheus } from './e2e/mend.ts';
import { operatorWhole } from './e2e/operator.ts';
import { setScrapeInterval } from './e2e/scrape-interval.ts';
import { inCluster, startLoad, stopLoad } from './fixture.ts';

const requestsPerSecond = 100;
const scrape = '5s';
const troubleMs = 60_000;
/** The example waits longer at each step than a test should. */
const pace = { interval: '5s', stepWeights: [10, 30, 50] };

const judgedBy = {
  evidence: {
    ...exampleAnalysis(),
    ...pace,
    metrics: [],
  },
  thresholds: {
    ...pace,
    threshold: 5,
    metrics: [{ name: 'request-success-rate', interval: '15s', thresholdRange: { min: 99 } }],
  },
};
/** `examples/evidence` as it stands. */
function exampleAnalysis(): Record<string, unknown> {
  const canary: { spec: { analysis: Record<string, unknown> } } = parse(
    exampleFiles('evidence')['canary.yaml'] ?? '',
  );
  return canary.spec.analysis;
}

type Judge = keyof typeof judgedBy;
const judges: readonly Judge[] = ['evidence', 'thresholds'];

interface Outcome {
  readonly phase: string;
  readonly seconds: number;
  /** Answers with a status of 500 of the release while it was judged. */
  readonly failed: number;
  readonly message: string;
  readonly reasons: readonly string[];
}

const apps = new Map<Judge, App>();
const table: string[] = [];
let scrapedEvery = '1s';

beforeAll(async () => {
  await operatorWhole();
  scrapedEvery = await setScrapeInterval(scrape);
  await Promise.all(
    judges.map(async judge => {
      const namespace = `judged-by-${judge}`;
      apps.set(judge, await startApp({ namespace, requestsPerSecond, analysis: judgedBy[judge] }));
    }),
  );
});

afterAll(async () => {
  for (const app of apps.values()) {
    await stopLoad(incidentOf(app)).catch(() => {});
    await app.remove();
  }
  await mend();
  await setScrapeInterval(scrapedEvery);
  console.log(['release | judged by | outcome | seconds | failed requests', ...table].join('\n'));
});

function incidentOf({ namespace }: App): string {
  return `${namespace}-incident`;
}

/** Three in a hundred requests fail, whichever side they reach. */
async function incident(app: App): Promise<void> {
  const stream = incidentOf(app);
  await startLoad({
    stream,
    host: app.host,
    rate: requestsPerSecond * 0.03,
    url: `${inCluster.gateway}/fail`,
  });
  await sleep(troubleMs);
  await stopLoad(stream);
}

async function outage(): Promise<void> {
  await scalePrometheus(0);
  await sleep(troubleMs);
  await scalePrometheus(1);
}

async function failedOf(app: App, version: string): Promise<number> {
  const seconds = await app.seconds();
  return seconds.reduce((sum, { versions }) => sum + (versions[version]?.['500'] ?? 0), 0);
}

/** What goes wrong once the canary has this weight. */
interface Trouble {
  readonly weight: number;
  readonly begin: (app: App) => Promise<unknown>;
}

async function troubleOf(app: App, { weight, begin }: Trouble): Promise<void> {
  await app.canary.until(
    `${weight} % for the canary`,
    ({ canaryWeight = 0 }) => canaryWeight >= weight,
    120_000,
  );
  await begin(app);
}

async function outcomeOf(app: App, release: Release, trouble: Trouble | undefined): Promise<Outcome> {
  const started = Date.now();
  const from = app.canary.history.length;
  const run = app.canary.runOf(() => app.release(release), 300_000);
  const over = trouble === undefined ? undefined : troubleOf(app, trouble);
  const end = await run;
  const seconds = (Date.now() - started) / 1_000;
  await over;
  const seen: readonly CanaryStatus[] = app.canary.history.slice(from);
  return {
    phase: end.phase ?? '',
    seconds,
    failed: await failedOf(app, release.version),
    message: end.message ?? '',
    reasons: [...new Set(seen.map(({ reason = '' }) => reason))],
  };
}

/** The release under both judges at one time, so that both live through the same minutes. */
async function releaseBoth(
  name: string,
  release: Release,
  trouble: Partial<Record<Judge, Trouble>> = {},
): Promise<Outcome> {
  const outcomes = await Promise.all(
    [...apps].map(async ([judge, app]) => {
      const outcome = await outcomeOf(app, release, trouble[judge]);
      table.push(`${name} | ${judge} | ${outcome.phase} | ${outcome.seconds.toFixed(0)} | ${outcome.failed}`);
      return [judge, outcome] as const;
    }),
  );
  const found = new Map(outcomes).get('evidence');
  if (found === undefined) throw new Error('nothing was judged by evidence');
  return found;
}

it('a healthy release is promoted', async () => {
  const end = await releaseBoth('healthy', { version: '1.1.0' });
  expect(end, end.message).toMatchObject({ phase: 'Succeeded' });
});

it('a release that fails one request in twenty is taken back with at most 30 failed', async () => {
  const end = await releaseBoth('5 % errors', { version: '1.2.0', errorRate: 0.05 });
  expect(end, end.message).toMatchObject({ phase: 'Failed' });
  expect(end.message).toMatch(
    /^errors: canary .+ % of .+ requests, primary .+; .*evidence .+ % of the limit\./u,
  );
  expect(end.failed).toBeLessThanOrEqual(30);
  const { rollback, run } = apps.get('evidence')?.canary.status() ?? {};
  expect(rollback?.reason).toBe(end.message);
  expect(run?.verdict).toMatchObject({ check: 'errors', kind: 'Fail' });
});

it('a Prometheus that is gone for a minute holds a healthy release, which is promoted afterwards', async () => {
  const gone = { evidence: { weight: 1, begin: outage } };
  const end = await releaseBoth('healthy, no Prometheus for a minute', { version: '1.3.0' }, gone);
  expect(end, end.message).toMatchObject({ phase: 'Succeeded' });
  expect(end.reasons).toContain('MetricsUnavailable');
});

it('errors which both sides share for a minute hold a healthy release, which is promoted afterwards', async () => {
  const shared = { weight: 30, begin: incident };
  const trouble = { evidence: shared, thresholds: shared };
  const end = await releaseBoth(
    'healthy, 3 % errors on both sides for a minute',
    { version: '1.4.0' },
    trouble,
  );
  expect(end, end.message).toMatchObject({ phase: 'Succeeded' });
  expect(end.reasons).toContain('SharedIncident');
});

it.each(['1.5.0', '1.6.0', '1.7.0'])('and so is the next healthy one (%s)', async version => {
  const end = await releaseBoth('healthy', { version });
  expect(end, end.message).toMatchObject({ phase: 'Succeeded' });
});
