/** Two Canaries on one target: one of them works whichever came first, and the other takes over when it goes. */
import { expect, test } from 'vitest';
import { Canaries, Deployments } from '../../src/api/resources.ts';
import { isOwnedBy } from '../../src/workload/ownership.ts';
import { statusOf } from './oracle/replay.ts';
import { createCanary } from './story.ts';
import { namespace, primary, target, World } from './world.ts';

function ownerOf(world: World): string | undefined {
  const held = world.kube.peek(Deployments, primary);
  return world.kube
    .all(Canaries)
    .find(
      ({ metadata }) =>
        held !== undefined && isOwnedBy(held, { namespace, name: metadata.name, uid: metadata.uid ?? '' }),
    )?.metadata.name;
}

test('a Canary that began before an older one was seen keeps the target: one of the two works', async () => {
  const world = new World();
  await world.install();
  await createCanary(world, {}, 'younger');
  await world.run(0.5);
  // Of the same second, and first by name.
  await createCanary(world, {});
  await world.run(60);
  expect(ownerOf(world)).toBe('younger');
  expect(statusOf(world.canary('younger')).phase).toBe('Initialized');
  expect(statusOf(world.canary()).conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
    reason: 'PrimaryForeign',
  });
});

test('when the one that works is deleted, the other one takes the target over', async () => {
  const world = new World();
  await world.install();
  await createCanary(world, {});
  await world.run(30);
  await createCanary(world, {}, 'younger');
  await world.run(30);
  expect(statusOf(world.canary('younger')).reason).toBe('DuplicateTarget');
  await world.user.delete(Canaries, target);
  await world.run(120);
  expect(world.canary()).toBeUndefined();
  expect(ownerOf(world)).toBe('younger');
  expect(statusOf(world.canary('younger')).phase).toBe('Initialized');
});
