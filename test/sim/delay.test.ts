/** A revert that is to wait: what happens in between decides whether it is written at all. */
import { expect, test } from 'vitest';
import { Canaries, ManifestRepositories } from '../../src/api/resources.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './story.ts';
import { namespace, target, World } from './world.ts';

const canary = { namespace, name: target.name };
const delaySeconds = 300;

/** A bad release has just failed. */
async function rolledBack(): Promise<World> {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, {
    spec: spec => {
      spec.rollback = {
        git: { repositoryRef: { name: 'manifests' }, path: 'apps/podinfo', delay: `${delaySeconds}s` },
      };
    },
  });
  await world.run(30);
  world.manifests.push('app:bad');
  for (let second = 0; second < 120 && statusOf(world.canary()).phase !== 'Failed'; second += 1)
    await world.run(1);
  expect(statusOf(world.canary())).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
  return world;
}

function reverts(world: World): number {
  return world.manifests.commits.filter(({ author }) => author === 'siskin').length;
}

test('the traffic is back at once, the revert is written after the delay, also by an operator that started since', async () => {
  const world = await rolledBack();
  await world.run(delaySeconds / 2);
  world.crash('siskin-1');
  await world.run(delaySeconds / 2 - 15);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Pending' });
  expect(reverts(world)).toBe(0);
  await world.run(30);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
  expect(reverts(world)).toBe(1);
});

test('a newer revision that is promoted in between is not touched', async () => {
  const world = await rolledBack();
  world.manifests.push('app:v3');
  await world.run(delaySeconds + 60);
  const { rollback, promoted } = statusOf(world.canary());
  expect(rollback).toMatchObject({ state: 'Done', verdict: 'Superseded' });
  expect(rollback?.message).toContain(promoted?.revision);
  expect(reverts(world)).toBe(0);
});

test.each<[string, (world: World) => unknown, string]>([
  [
    'the ManifestRepository is suspended',
    world => world.user.patch(ManifestRepositories, { name: 'manifests' }, { spec: { suspend: true } }),
    'Held',
  ],
  [
    "the Canary's mode is Off",
    world => world.user.patch(Canaries, canary, { spec: { rollback: { git: { mode: 'Off' } } } }),
    'Off',
  ],
])('nothing is written when %s in between', async (_, stop, state) => {
  const world = await rolledBack();
  await world.run(60);
  await stop(world);
  await world.run(delaySeconds + 60);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state });
  expect(reverts(world)).toBe(0);
});
