/** What was promoted can be undone: by checks that go on after the promotion, and by a person, at any moment of a release. */
import { expect, test } from 'vitest';
import { Canaries, Deployments } from '../../src/api/resources.ts';
import { imageOf } from './deployments.ts';
import { violations } from './oracle/index.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, type CanarySpecDraft, createCanary, stepsOfPlan, threshold } from './story.ts';
import { namespace, primary, target, World, type WorldOptions } from './world.ts';

const canary = { namespace, name: target.name };
const watch = {
  for: '5m',
  interval: '10s',
  threshold: 2,
  metrics: [{ name: 'success', interval: '10s', query: 'up', thresholdRange: { min: 99 } }],
};

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

function watched(spec: CanarySpecDraft): void {
  spec.rollback['watch'] = watch;
}

async function until(world: World, holds: () => boolean, seconds = 200): Promise<void> {
  for (let second = 0; second < seconds && !holds(); second += 1) await world.run(1);
  expect(holds()).toBe(true);
}

function phaseIs(world: World, phase: string): () => boolean {
  return () => statusOf(world.canary()).phase === phase;
}

function served(world: World): string {
  return imageOf(world.kube.peek(Deployments, primary));
}

async function ask(world: World, value: string): Promise<void> {
  await world.user.patch(Canaries, canary, { metadata: { annotations: { 'siskin.dev/rollback': value } } });
}

async function found(world: World): Promise<string[]> {
  return violations(world, { passes: stepsOfPlan, threshold, faultFree: false });
}

test('a release that turns bad after its promotion is undone: primary, Git, quarantine and alert', async () => {
  const world = await releasing('app:v2', watched);
  await until(world, phaseIs(world, 'Succeeded'));
  expect(statusOf(world.canary())).toMatchObject({
    previous: { images: { app: 'app:v1' } },
    watch: { failures: 0 },
  });
  await world.run(30);
  world.metrics.script = image => (image === 'app:v2' ? 50 : 100);
  await until(world, phaseIs(world, 'Failed'), 60);
  const failed = statusOf(world.canary());
  expect(failed).toMatchObject({ reason: 'WatchFailed', promoted: { images: { app: 'app:v1' } } });
  expect(failed.message).toContain('failed check 2 of 2 after the promotion');
  expect(failed.previous).toBeUndefined();
  await world.run(120);
  expect(served(world)).toBe('app:v1');
  expect(world.manifests.head()).toMatchObject({ author: 'siskin', image: 'app:v1' });
  const status = statusOf(world.canary());
  expect(status.rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
  expect(status.rollback?.convergedAt).toBeDefined();
  expect(status.quarantine?.map(({ revision }) => revision)).toEqual([status.rollback?.revision]);
  expect(status.watch).toBeUndefined();
  const titles = world.history.flatMap(entry =>
    entry.type === 'alert' && entry.delivered ? [entry.title] : [],
  );
  expect(titles).toContain('Rolled back podinfo');
  expect(await found(world)).toEqual([]);
});

test('a watch without failures ends by itself, and the Canary costs nothing afterwards', async () => {
  const world = await releasing('app:v2', watched);
  await until(world, phaseIs(world, 'Succeeded'));
  await world.run(400);
  expect(statusOf(world.canary())).toMatchObject({ phase: 'Succeeded', reason: 'Promoted' });
  expect(statusOf(world.canary()).watch).toBeUndefined();
  expect(await found(world)).toEqual([]);
});

test('one failure below the threshold and checks without an answer undo nothing', async () => {
  const world = await releasing('app:v2', watched);
  await until(world, phaseIs(world, 'Succeeded'));
  const from = world.seconds();
  world.metrics.script = (_image, at) => (at - from < 15 ? 50 : 'noData');
  await world.run(400);
  expect(statusOf(world.canary())).toMatchObject({ phase: 'Succeeded' });
  expect(served(world)).toBe('app:v2');
});

test('a new run ends the watch of the release before it', async () => {
  const world = await releasing('app:v2', watched);
  await until(world, phaseIs(world, 'Succeeded'));
  world.manifests.push('app:v3');
  await world.manifests.sync();
  await until(world, phaseIs(world, 'Progressing'), 10);
  expect(statusOf(world.canary()).watch).toBeUndefined();
  world.metrics.script = image => (image === 'app:v2' ? 50 : 100);
  await until(world, phaseIs(world, 'Succeeded'));
  expect(served(world)).toBe('app:v3');
});

test.each(['Progressing', 'Promoting', 'Finalising', 'Succeeded'])(
  'a person takes the release back in %s',
  async phase => {
    const world = await releasing('app:v2', undefined, {
      startMs: (_image, deployment) => (deployment === primary.name ? 8_000 : 3_000),
    });
    await until(world, phaseIs(world, phase));
    await world.run(phase === 'Promoting' ? 3 : phase === 'Finalising' ? 1 : 12);
    const revision = statusOf(world.canary()).run?.revision ?? '';
    await ask(world, `${revision}/customers complain about checkout`);
    await world.run(150);
    const status = statusOf(world.canary());
    expect(status).toMatchObject({
      phase: 'Failed',
      canaryWeight: 0,
      promoted: { images: { app: 'app:v1' } },
    });
    expect(status.rollback).toMatchObject({ verdict: 'Reverted', revision });
    expect(status.rollback?.reason).toContain('customers complain about checkout');
    expect(status.quarantine?.map(entry => entry.revision)).toEqual([revision]);
    expect(served(world)).toBe('app:v1');
    expect(world.manifests.head()).toMatchObject({ author: 'siskin', image: 'app:v1' });
    expect(await found(world)).toEqual([]);
  },
);

test('a wish counts once: tried again and promoted, the revision stays', async () => {
  const world = await releasing('app:v2');
  await until(world, phaseIs(world, 'Succeeded'));
  const revision = statusOf(world.canary()).promoted?.revision ?? '';
  await ask(world, `${revision}/a mistake`);
  await world.run(60);
  expect(served(world)).toBe('app:v1');
  await world.user.patch(Canaries, canary, { metadata: { annotations: { 'siskin.dev/retry': revision } } });
  world.manifests.push('app:v2');
  await world.manifests.sync();
  await until(world, phaseIs(world, 'Succeeded'));
  await world.run(60);
  expect(served(world)).toBe('app:v2');
});

test('a wish for another revision, or for the very first one, changes nothing', async () => {
  const world = await releasing('app:v2');
  await until(world, phaseIs(world, 'Progressing'));
  await world.run(10);
  await ask(world, 'v1-0000000000000000/no such revision');
  await until(world, phaseIs(world, 'Succeeded'));
  await ask(world, `${statusOf(world.canary()).previous?.revision}/not served`);
  await world.run(60);
  expect(served(world)).toBe('app:v2');

  const first = new World();
  await first.install();
  await createCanary(first, {});
  await first.run(30);
  await ask(first, `${statusOf(first.canary()).promoted?.revision}/out with it`);
  await first.run(30);
  expect(statusOf(first.canary())).toMatchObject({ phase: 'Initialized' });
});

test('what is kept is only what was served: a promotion that never became ready is not', async () => {
  const world = await releasing('app:v2', spec => void (spec.progressDeadlineSeconds = 20), {
    startMs: (image, deployment) =>
      image === 'app:v2' && deployment === primary.name ? Number.POSITIVE_INFINITY : 3_000,
  });
  await until(world, () => statusOf(world.canary()).reason === 'PromotionStalled');
  world.manifests.push('app:v3');
  await world.manifests.sync();
  await until(world, phaseIs(world, 'Succeeded'));
  expect(served(world)).toBe('app:v3');
  await ask(world, `${statusOf(world.canary()).promoted?.revision}/back`);
  await world.run(60);
  expect(served(world)).toBe('app:v1');
});

test('a kept template that somebody took away is told, and nothing is guessed', async () => {
  const world = await releasing('app:v2');
  await until(world, phaseIs(world, 'Succeeded'));
  await world.run(15);
  await world.user.patch(Deployments, primary, {
    metadata: { annotations: { 'siskin.dev/previous': null } },
  });
  await ask(world, `${statusOf(world.canary()).promoted?.revision}/back`);
  await world.run(30);
  expect(statusOf(world.canary())).toMatchObject({ phase: 'Succeeded', reason: 'RollbackImpossible' });
  expect(served(world)).toBe('app:v2');
});

test('an undone release is restored and reverted once by an operator that dies at every moment', async () => {
  for (let second = 0; second < 12; second += 1) {
    const world = await releasing('app:v2', watched);
    await until(world, phaseIs(world, 'Succeeded'));
    world.metrics.script = image => (image === 'app:v2' ? 50 : 100);
    await world.run(11 + second);
    world.crash('siskin-1', 1_000);
    await world.run(120);
    expect(served(world)).toBe('app:v1');
    expect(world.manifests.commits.filter(({ author }) => author === 'siskin')).toHaveLength(1);
    expect(await found(world)).toEqual([]);
  }
});
