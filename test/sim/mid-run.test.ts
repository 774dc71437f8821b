/** What people change while a run is in hand, and what must not come of it. */
import { expect, test } from 'vitest';
import { CanaryStatus } from '../../src/api/canary-status.ts';
import {
  AlertProviders,
  Canaries,
  Deployments,
  HttpRoutes,
  ManifestRepositories,
} from '../../src/api/resources.ts';
import { ApiError } from '../../src/runtime/errors.ts';
import { noFaults } from './faults.ts';
import { weightsOf } from './gateway.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, type CanarySpecDraft, createCanary } from './story.ts';
import { namespace, primary, target, World, type WorldOptions } from './world.ts';

const canary = { namespace, name: target.name };

async function releasing(
  image: string,
  change: (spec: CanarySpecDraft) => void = () => undefined,
  options: Partial<WorldOptions> = {},
): Promise<World> {
  const world = new World(options);
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, { spec: change });
  await world.run(30);
  world.manifests.push(image);
  await world.manifests.sync();
  return world;
}

async function until(world: World, holds: () => boolean, seconds = 120): Promise<void> {
  for (let second = 0; second < seconds && !holds(); second += 1) await world.run(1);
  expect(holds()).toBe(true);
}

function phaseIs(world: World, phase: string): () => boolean {
  return () => statusOf(world.canary()).phase === phase;
}

function hasTraffic(world: World): () => boolean {
  return () => (statusOf(world.canary()).canaryWeight ?? 0) > 0;
}

test.each([
  ['an AlertProvider', (world: World) => world.user.delete(AlertProviders, { namespace, name: 'slack' })],
  [
    'the ManifestRepository',
    (world: World) => world.user.delete(ManifestRepositories, { name: 'manifests' }),
  ],
])(
  '%s that is deleted in the middle of a bad release does not keep it from being judged',
  async (_what, remove) => {
    const world = await releasing('app:bad');
    await until(world, hasTraffic(world));
    await remove(world);
    await until(world, phaseIs(world, 'Failed'));
    expect(statusOf(world.canary()).canaryWeight).toBe(0);
  },
);

test('a promotion whose primary does not start gives way to the fixed revision', async () => {
  let starts = false;
  const world = await releasing('app:v2', spec => void (spec.progressDeadlineSeconds = 20), {
    startMs: (image, deployment) =>
      image === 'app:v2' && deployment === primary.name && !starts ? Number.POSITIVE_INFINITY : 3_000,
  });
  await until(world, () => statusOf(world.canary()).reason === 'PromotionStalled', 200);
  starts = true;
  world.manifests.push('app:v3');
  await world.manifests.sync();
  await until(world, phaseIs(world, 'Succeeded'), 200);
  expect(world.kube.peek(Deployments, primary)?.spec).toMatchObject({
    template: { spec: { containers: [{ image: 'app:v3' }] } },
  });
});

test('a promotion whose primary does not start gives way to the revision before it', async () => {
  const world = await releasing('app:v2', spec => void (spec.progressDeadlineSeconds = 20), {
    startMs: (image, deployment) =>
      image === 'app:v2' && deployment === primary.name ? Number.POSITIVE_INFINITY : 3_000,
  });
  await until(world, () => statusOf(world.canary()).reason === 'PromotionStalled', 200);
  world.manifests.push('app:v1');
  await world.manifests.sync();
  await until(world, phaseIs(world, 'Succeeded'), 200);
  expect(world.kube.peek(Deployments, primary)?.spec).toMatchObject({
    template: { spec: { containers: [{ image: 'app:v1' }] } },
  });
});

test('a clock that is set back an hour does not hold a run up for an hour', async () => {
  const world = await releasing('app:v2');
  await until(world, hasTraffic(world));
  for (const operator of world.running()) operator.jump(-3_600_000);
  await until(world, phaseIs(world, 'Succeeded'), 300);
});

test('an interval that is made shorter counts at once', async () => {
  const world = await releasing('app:v2', spec => void (spec.analysis['interval'] = '12h'));
  await until(world, hasTraffic(world));
  await world.user.patch(Canaries, canary, { spec: { analysis: { interval: '10s' } } });
  await until(world, phaseIs(world, 'Succeeded'), 300);
});

test('a suspended Canary writes nothing to Git until it goes on', async () => {
  const world = await releasing('app:bad');
  world.manifests.mode = 'down';
  await until(world, phaseIs(world, 'Failed'));
  await world.user.patch(Canaries, canary, { spec: { suspend: true } });
  world.manifests.mode = 'up';
  await world.run(120);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Pending' });
  await world.user.patch(Canaries, canary, { spec: { suspend: false } });
  await world.run(90);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
});

test('a route that may not be written keeps the run open and says so, and the rollback follows when it may', async () => {
  const world = await releasing('app:bad');
  await until(world, hasTraffic(world));
  world.faults = {
    ...noFaults,
    strike: ({ what }) =>
      what.startsWith('patch httproutes')
        ? { kind: 'refuse', error: new ApiError('denied by a policy', { status: 403, reason: 'Forbidden' }) }
        : undefined,
  };
  await until(world, () => statusOf(world.canary()).reason === 'WriteRefused');
  expect(statusOf(world.canary()).phase).toBe('Progressing');
  world.faults = noFaults;
  await until(world, phaseIs(world, 'Failed'), 200);
  const route = world.kube.peek(HttpRoutes, target);
  expect(route && weightsOf(route)).toMatchObject({ primary: 100, canary: 0 });
});

test('a run that holds beyond its time limit is told once more', async () => {
  const world = await releasing('app:v2', spec => {
    spec.analysis['undecided'] = { noData: { timeLimit: '1m', policy: 'Hold' } };
  });
  await until(world, hasTraffic(world));
  world.metrics.script = () => 'noData';
  await world.run(240);
  const told = world.history.filter(entry => entry.type === 'event' && entry.reason.startsWith('NoData'));
  expect(told.map(entry => entry.type === 'event' && entry.reason)).toEqual(['NoData', 'NoDataTimeLimit']);
});

test('a provider that is taken from the spec in the middle of a run leaves no share of the requests behind', async () => {
  const world = await releasing('app:v2');
  await until(world, hasTraffic(world));
  await world.user.patch(Canaries, canary, { spec: { provider: 'kubernetes' } });
  await world.run(5);
  const route = world.kube.peek(HttpRoutes, target);
  expect(route?.spec).toMatchObject({ rules: [{ backendRefs: [{ name: target.name }] }] });
});

test('a revert of a very long path is recorded', async () => {
  const world = new World();
  const { port } = world.manifests;
  world.manifests.port = gate => {
    const git = port(gate);
    const files = [`apps/podinfo/${'a'.repeat(900)}.yaml`];
    return { ...git, revert: async request => ({ ...(await git.revert(request)), files }) };
  };
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, {});
  await world.run(30);
  world.manifests.push('app:bad');
  await world.manifests.sync();
  await until(world, () => statusOf(world.canary()).rollback?.state === 'Done', 200);
  expect(CanaryStatus.safeParse(world.canary()?.status).error?.issues).toBeUndefined();
});

test('a rollback whose revert is no longer asked for does not look as if it waited for one', async () => {
  const world = await releasing('app:bad');
  world.manifests.mode = 'down';
  await until(world, phaseIs(world, 'Failed'));
  await world.user.patch(Canaries, canary, { spec: { rollback: null } });
  await until(world, () => statusOf(world.canary()).rollback?.state === 'Off');
  await until(world, () => statusOf(world.canary()).outbox?.every(({ kind }) => kind === 'alert') === true);
});
