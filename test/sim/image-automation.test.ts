/** Flux's image automation is suspended only where the Canary asks for it, once, and nothing depends on it. */
import { expect, test } from 'vitest';
import { ImagePolicies, ImageUpdateAutomations } from '../../src/api/resources.ts';
import { ApiError } from '../../src/runtime/errors.ts';
import { noFaults } from './faults.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './story.ts';
import { namespace, World } from './world.ts';

const apps = { namespace, name: 'apps' };

async function badRelease(asked: Record<string, unknown> | undefined, prepare = async (_world: World) => {}) {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  for (const resource of [ImageUpdateAutomations, ImagePolicies])
    await world.user.create(resource, { metadata: apps, spec: { interval: '1m' } });
  await prepare(world);
  await createCanary(world, {
    spec: spec => {
      if (asked !== undefined) spec.rollback['suspend'] = asked;
    },
  });
  await world.run(20);
  world.manifests.push('app:bad');
  await world.manifests.sync();
  await world.run(120);
  expect(statusOf(world.canary())).toMatchObject({ outbox: [], rollback: { verdict: 'Reverted' } });
  const told = world.history.flatMap(entry =>
    entry.type === 'event' && entry.reason.startsWith('ImageAutomation') ? [entry.reason] : [],
  );
  const isSuspended = (resource: typeof ImagePolicies) =>
    JSON.stringify(world.kube.peek(resource, apps)?.spec ?? {}).includes('"suspend":true');
  return { told, update: isSuspended(ImageUpdateAutomations), policy: isSuspended(ImagePolicies) };
}

test('what is named is suspended, and nothing else', async () => {
  expect(await badRelease({ name: 'apps' })).toEqual({
    told: ['ImageAutomationSuspended'],
    update: true,
    policy: false,
  });
  expect(await badRelease({ kind: 'ImagePolicy', name: 'apps' })).toEqual({
    told: ['ImageAutomationSuspended'],
    update: false,
    policy: true,
  });
});

test('nothing is suspended that nobody asked for', async () => {
  expect(await badRelease(undefined)).toEqual({ told: [], update: false, policy: false });
});

test('what is suspended already is left alone, and what does not exist is told', async () => {
  const already = await badRelease({ name: 'apps' }, async world => {
    await world.user.patch(ImageUpdateAutomations, apps, { spec: { suspend: true } });
  });
  expect(already).toEqual({ told: [], update: true, policy: false });
  expect((await badRelease({ name: 'gone' })).told).toEqual(['ImageAutomationMissing']);
});

test('without the right the revert is written all the same, and people are told what to install', async () => {
  const { told } = await badRelease({ name: 'apps' }, async world => {
    world.faults = {
      ...noFaults,
      strike: ({ what }) =>
        what.includes('imageupdateautomations')
          ? { kind: 'refuse', error: new ApiError('no', { status: 403, reason: 'Forbidden' }) }
          : undefined,
    };
  });
  expect(told).toEqual(['ImageAutomationForbidden']);
});
