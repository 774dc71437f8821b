/** Releases judged by evidence: what is promoted, what is taken back and when, and what only holds. */
import { expect, test } from 'vitest';
import { HttpRoutes } from '../../src/api/resources.ts';
import { noFaults } from './faults.ts';
import { statusOf } from './oracle/replay.ts';
import { committedWeights, weightsSum } from './oracle/traffic.ts';
import { bad, incident, phaseIs, releasing, steady, until } from './releasing.ts';
import { type CanarySpecDraft, createCanary } from './story.ts';
import { target, World } from './world.ts';

test('a good release is promoted, and its status says by what', async () => {
  const world = await releasing('app:v2', {});
  await until(world, phaseIs(world, 'Succeeded'));
  const { run } = statusOf(world.canary());
  expect(run?.evidence?.checks).toMatchObject([{ name: 'errors', outcome: 'Pass' }]);
  expect(run?.evidence?.checks[0]?.message).toMatch(
    /^errors: canary \S+ % of [\d,]+ requests, primary \S+ % of [\d,]+ requests; evidence \S+ % of the limit\.$/u,
  );
  expect(run?.evidence).toMatchObject({ scrapeSeconds: 5 });
  expect(run?.steps?.map(({ weight }) => weight)).toEqual(expect.arrayContaining([20, 40, 60]));
});

test.each([0.05, 0.5])('a release that fails %f of its requests is taken back', async share => {
  const world = await releasing('app:bad', { errors: bad(share) });
  await until(world, phaseIs(world, 'Failed'));
  const status = statusOf(world.canary());
  expect(status).toMatchObject({ reason: 'ChecksFailed', canaryWeight: 0 });
  expect(status.run?.verdict).toMatchObject({
    check: 'errors',
    kind: 'Fail',
    limit: 'no worse than the primary',
  });
  expect(status.message).toMatch(
    /^errors: canary .+ % of .+ requests, primary .+; .*evidence .+ of the limit\./u,
  );
  expect(status.rollback?.reason).toBe(status.message);
  expect(weightsSum(world.history)).toEqual([]);
});

test('with a budget of 25 few requests fail, and a good release gets there all the same', async () => {
  const impactBudget = { failedRequests: 25 };
  const world = await releasing('app:bad', { errors: bad(0.5) }, { impactBudget });
  await until(world, phaseIs(world, 'Failed'));
  expect(world.traffic.failed()).toBeLessThanOrEqual(25);
  const good = await releasing('app:v2', {}, { impactBudget });
  await until(good, phaseIs(good, 'Succeeded'));
  const weights = statusOf(good.canary()).run?.steps?.map(({ weight }) => weight) ?? [];
  expect(weights[1]).toBe(0.05);
  expect(Math.max(...weights.map(weight => weight ?? 0))).toBe(60);
});

const busy = { requestsPerSecond: 1_000, scrapeMs: 15_000 };
const budget = { impactBudget: { failedRequests: 25 } };

function weightsIn(world: World): number[] {
  return statusOf(world.canary()).run?.steps?.flatMap(({ weight }) => weight ?? []) ?? [];
}

test.each([0.01, 0.05, 0.2, 0.5, 1])(
  'at 1,000 requests/s a release that fails %f of them stays within its budget of 25',
  async share => {
    const world = await releasing('app:bad', { ...busy, errors: bad(share) }, budget);
    await until(world, phaseIs(world, 'Failed'));
    expect(world.traffic.failed()).toBeLessThanOrEqual(25);
    expect(weightsIn(world)).toContain(0.05);
    expect(statusOf(world.canary()).run?.weight).toBeUndefined();
    expect(weightsSum(world.history)).toEqual([]);
    expect(committedWeights(world.history, 0)).toEqual([]);
  },
);

test('at 1,000 requests/s a good release rises from less than one percent to the whole of its last step', async () => {
  const world = await releasing('app:v2', busy, budget);
  await until(world, phaseIs(world, 'Succeeded'));
  const weights = weightsIn(world);
  expect(weights.filter(weight => weight < 1).length).toBeGreaterThan(1);
  expect(Math.max(...weights)).toBe(60);
  expect(weightsSum(world.history)).toEqual([]);
});

test('a canary with hardly any traffic begins with what its budget allows, although none of its requests was seen yet', async () => {
  const world = await releasing('app:v2', { requestsPerSecond: 1 }, budget);
  await until(world, () => statusOf(world.canary()).canaryWeight === 20, 60);
  const { run } = statusOf(world.canary());
  expect(Date.parse(run?.stepAt ?? '') - Date.parse(run?.weightAt ?? '')).toBeLessThan(5_000);
});

test('a canary that waits for the first requests of all gets its share of them as soon as they come', async () => {
  const world = await releasing('app:v2', { requestsPerSecond: 1, quietUntil: 300 }, budget);
  await until(world, () => statusOf(world.canary()).reason === 'NoData', 120);
  expect(statusOf(world.canary()).run?.weight).toBe(0.05);
  await world.run(325 - world.seconds());
  expect(statusOf(world.canary())).toMatchObject({ phase: 'Progressing', canaryWeight: 20 });
});

test.each(['patch canaries', 'patch httproutes'])(
  'passes that die at %s neither cost more than the budget nor leave other weights',
  async write => {
    const world = await releasing('app:bad', { ...busy, errors: bad(0.05) }, budget);
    let writes = 0;
    world.faults = {
      ...noFaults,
      strike({ what }) {
        if (!what.startsWith(write) || statusOf(world.canary()).run?.weightAt === undefined) return undefined;
        writes += 1;
        return writes % 2 === 0 ? undefined : { kind: writes % 4 === 1 ? 'crash-before' : 'crash-after' };
      },
    };
    await until(world, phaseIs(world, 'Failed'));
    expect(writes).toBeGreaterThan(4);
    expect(world.traffic.failed()).toBeLessThanOrEqual(25);
    expect(weightsSum(world.history)).toEqual([]);
    expect(committedWeights(world.history, 0)).toEqual([]);
  },
);

test('who takes over in the middle of a step gives the canary exactly the fraction that was committed', async () => {
  const world = await releasing('app:v2', busy, budget);
  const fraction = () => statusOf(world.canary()).run?.weight ?? 0;
  await until(world, () => fraction() > 0.05, 120);
  const weight = fraction();
  expect(statusOf(world.canary()).canaryWeight).toBe(1);
  const route = world.kube.peek(HttpRoutes, target)?.metadata.resourceVersion;
  world.crash('siskin-1', 1);
  await world.run(5);
  expect(fraction()).toBe(weight);
  expect(world.kube.peek(HttpRoutes, target)?.metadata.resourceVersion).toBe(route);
});

test('a Prometheus that is gone for a minute holds the run, which then goes on', async () => {
  const world = await releasing('app:v2', { gone: [140, 200] });
  await until(world, () => statusOf(world.canary()).reason === 'MetricsUnavailable', 120);
  expect(statusOf(world.canary()).message).toContain('connection refused');
  await until(world, phaseIs(world, 'Succeeded'));
});

test('an incident which both sides share holds the run, which then goes on', async () => {
  const checks = [{ name: 'errors', compare: { objective: 99 } }];
  const world = await releasing('app:v2', { errors: incident }, { checks });
  await until(world, () => statusOf(world.canary()).reason === 'SharedIncident', 120);
  await until(world, phaseIs(world, 'Succeeded'));
});

test('a pass that dies before its commit judges the same boundaries again, and each counts once', async () => {
  const world = await releasing('app:bad', { errors: bad(0.02) });
  let crashes = 0;
  world.faults = {
    ...noFaults,
    strike({ what }) {
      if (
        !what.startsWith('patch canaries') ||
        crashes >= 3 ||
        statusOf(world.canary()).run?.weightAt === undefined
      )
        return undefined;
      crashes += 1;
      return { kind: crashes % 2 === 0 ? 'crash-after' : 'crash-before' };
    },
  };
  await until(world, phaseIs(world, 'Failed'));
  expect(crashes).toBe(3);
  const counted = /canary (\S+) % of ([\d,]+) requests/u;
  const judged = Number(counted.exec(statusOf(world.canary()).message ?? '')?.[2]?.replace(',', ''));
  const atLast = world.options.operators * steady.requestsPerSecond * (steady.scrapeMs / 1_000);
  expect(judged).toBeLessThanOrEqual(world.traffic.served());
  expect(judged).toBeGreaterThan(world.traffic.served() - atLast);
});

test('a selector that finds nothing holds the run and is named; with a limit of time it gives up and blames nobody', async () => {
  const side = { total: 'orders_total', bad: 'orders_failed_total' };
  const checks = [{ name: 'orders', compare: { counts: { canary: side, primary: side } } }];
  const undecided = { noData: { timeLimit: '1m', policy: 'Rollback' } };
  const world = await releasing('app:v2', {}, { checks, undecided });
  await until(world, () => statusOf(world.canary()).reason === 'NoData', 120);
  expect(statusOf(world.canary()).message).toContain('no series matches orders_total{}');
  await until(world, phaseIs(world, 'Failed'), 300);
  const status = statusOf(world.canary());
  expect(status).toMatchObject({ reason: 'NoDataTimeLimit', rollback: { state: 'Held' } });
  expect(status.quarantine).toBeUndefined();
});

test('a selector that cannot be read is told before there is a run', async () => {
  const intricate = { total: 'orders_total', bad: 'orders_total{code=~"(5+)+"}' };
  const world = new World();
  await world.install();
  await createCanary(world, {
    spec(spec: CanarySpecDraft) {
      const counts = { canary: intricate, primary: intricate };
      Object.assign(spec.analysis, { checks: [{ name: 'orders', compare: { counts } }] });
    },
  });
  await world.run(60);
  expect(statusOf(world.canary())).toMatchObject({
    reason: 'InvalidCheck',
    message: expect.stringContaining('spec.analysis.checks[0]'),
  });
});

test('evidence that changes nothing is written a few times a minute, not at every scrape', async () => {
  const world = await releasing('app:v2', {}, { interval: '2m' });
  await until(world, () => statusOf(world.canary()).run?.evidence?.checks[0]?.outcome === 'Pass');
  let writes = 0;
  world.faults = {
    ...noFaults,
    strike({ what }) {
      if (what.startsWith('patch canaries')) writes += 1;
      return undefined;
    },
  };
  const before = Date.parse(statusOf(world.canary()).run?.evidence?.until ?? '');
  await world.run(60);
  const after = Date.parse(statusOf(world.canary()).run?.evidence?.until ?? '');
  expect(writes).toBeGreaterThanOrEqual(3);
  expect(writes).toBeLessThanOrEqual(6);
  expect(after - before).toBeGreaterThanOrEqual(45_000);
});
