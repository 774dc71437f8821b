/** An API server that answers slower than a step lasts: the run takes longer, and no step is judged before it had its traffic. */
import { expect, test } from 'vitest';
import { Canaries } from '../../src/api/resources.ts';
import { TransientError } from '../../src/runtime/errors.ts';
import { noFaults } from './faults.ts';
import { routeWrite, statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './story.ts';
import { World } from './world.ts';

/** Committed weights and those of the route, in the order in which they were stored; repetitions left out. */
function weights(world: World): string[] {
  const seen: string[] = [];
  for (const entry of world.history) {
    const write = routeWrite(entry);
    const stored =
      entry.type === 'object' && entry.change.resource.plural === Canaries.plural
        ? statusOf(entry.change.object)
        : undefined;
    const text =
      write?.after === undefined
        ? stored?.phase === 'Progressing' && `committed ${stored.canaryWeight ?? 0}`
        : `route ${write.after.canary}`;
    if (text !== false && text !== undefined && !seen.includes(text)) seen.push(text);
  }
  return seen;
}

test.each([2_000, 6_000, 9_000])(
  'every request takes %d ms each way: every weight is on the route before the next is decided',
  async each => {
    const world = new World();
    world.metrics.script = byImage;
    await world.install();
    await createCanary(world, {});
    await world.run(60);
    world.faults = {
      ...noFaults,
      latency: ({ remote, mutates }) => (remote || !mutates ? [0, 0] : [each, each]),
    };
    world.manifests.push('app:v2');
    await world.manifests.sync();
    await world.run(900);
    expect(statusOf(world.canary()).phase).toBe('Succeeded');
    const rising = weights(world).filter(text => !text.endsWith(' 0') && !text.endsWith('100'));
    expect(rising).toEqual([20, 40, 60].flatMap(weight => [`committed ${weight}`, `route ${weight}`]));
  },
);

test('a step whose weight was refused begins anew instead of being judged', async () => {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, {});
  await world.run(60);
  let routeWrites = 0;
  world.faults = {
    ...noFaults,
    latency: ({ remote, mutates }) => (remote || !mutates ? [0, 0] : [6_000, 6_000]),
    strike: ({ what, mutates }) => {
      if (!mutates || !what.includes('httproutes')) return undefined;
      routeWrites += 1;
      return routeWrites % 2 === 1
        ? { kind: 'refuse', error: new TransientError('connection reset') }
        : undefined;
    },
  };
  world.manifests.push('app:v2');
  await world.manifests.sync();
  await world.run(900);
  const status = statusOf(world.canary());
  expect(status.phase).toBe('Succeeded');
  expect(
    status.run?.steps?.filter(({ text }) => text.includes('the step begins now')).length,
  ).toBeGreaterThan(0);
  const rising = weights(world).filter(text => !text.endsWith(' 0') && !text.endsWith('100'));
  expect(rising).toEqual([20, 40, 60].flatMap(weight => [`committed ${weight}`, `route ${weight}`]));
});
