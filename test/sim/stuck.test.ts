/** What could leave a Canary stuck or spinning: each reason stands in a condition, and no status keeps the operator busy. */
import { expect, test } from 'vitest';
import { Canaries, Deployments, Services } from '../../src/api/resources.ts';
import { ApiError } from '../../src/runtime/errors.ts';
import { noFaults } from './faults.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, type CanarySpecDraft, createCanary } from './story.ts';
import { namespace, primary, target, World } from './world.ts';

const canary = { namespace, name: target.name };

async function initialised(change: (spec: CanarySpecDraft) => void = () => undefined): Promise<World> {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, { spec: change });
  await world.run(30);
  return world;
}

function stalled(world: World) {
  return statusOf(world.canary()).conditions?.find(({ type }) => type === 'Stalled');
}

/** Stored versions of the Canary within the next so many seconds. */
async function writesWithin(world: World, seconds: number): Promise<number> {
  const before = world.history.length;
  await world.run(seconds);
  return world.history
    .slice(before)
    .filter(entry => entry.type === 'object' && entry.change.resource.kind === 'Canary').length;
}

async function patchStatus(world: World, status: Record<string, unknown>): Promise<void> {
  await world.user.patch(Canaries, canary, { status }, { subresource: 'status' });
}

test('a target deleted after initialisation is named by a condition', async () => {
  const world = await initialised();
  await world.user.delete(Deployments, target);
  await world.run(10);
  expect(stalled(world)).toMatchObject({ status: 'True', reason: 'TargetMissing' });
});

test('a Service that somebody else took is named by a condition', async () => {
  const world = await initialised();
  const key = { namespace, name: 'podinfo-canary' };
  await world.user.delete(Services, key);
  await world.user.create(Services, { metadata: key, spec: { ports: [{ port: 1 }] } });
  await world.run(10);
  expect(stalled(world)).toMatchObject({ status: 'True', reason: 'ServiceForeign' });
});

test('a write that the API server forbids is named by a condition, tried again, and mended without a restart', async () => {
  const world = new World();
  await world.install();
  world.faults = {
    ...noFaults,
    strike: ({ what }) =>
      what.includes('podinfo-primary') && what.startsWith('create')
        ? { kind: 'refuse', error: new ApiError('denied by a policy', { status: 403, reason: 'Forbidden' }) }
        : undefined,
  };
  await createCanary(world, {});
  await world.run(30);
  expect(stalled(world)).toMatchObject({ status: 'True', reason: 'WriteRefused' });
  expect(stalled(world)?.message).toContain('denied by a policy');
  world.faults = noFaults;
  await world.run(60);
  expect(statusOf(world.canary()).phase).toBe('Initialized');
  expect(stalled(world)).toBeUndefined();
});

test('a status of a newer operator is refused once, not again and again', async () => {
  const world = await initialised();
  world.faults = { ...noFaults, latency: () => [5, 5] };
  await patchStatus(world, { phase: 'Pausing' });
  await world.run(5);
  expect(stalled(world)).toMatchObject({ reason: 'InvalidSpec' });
  expect(await writesWithin(world, 60)).toBe(0);
  expect(statusOf(world.canary()).promoted?.revision).toBeDefined();
});

test('an alert that names no provider leaves the outbox', async () => {
  const world = await initialised();
  const createdAt = new Date(world.clock.now()).toISOString();
  await patchStatus(world, { outbox: [{ id: 'x', kind: 'alert', createdAt, attempts: 0 }] });
  await world.run(5);
  expect(statusOf(world.canary()).outbox).toEqual([]);
});

test('alerts for a provider that the Canary no longer names leave the outbox', async () => {
  const world = await initialised();
  world.slack.mode = 'down';
  world.manifests.push('app:v2');
  await world.manifests.sync();
  await world.run(20);
  expect(statusOf(world.canary()).outbox?.some(({ kind }) => kind === 'alert')).toBe(true);
  await world.user.patch(Canaries, canary, { spec: { analysis: { alerts: null } } });
  await world.run(90);
  expect(statusOf(world.canary()).outbox).toEqual([]);
});

test('a Canary which was suspended at rest says again what it said before', async () => {
  const world = await initialised();
  const { reason, message } = statusOf(world.canary());
  await world.user.patch(Canaries, canary, { spec: { suspend: true } });
  await world.run(5);
  expect(statusOf(world.canary()).reason).toBe('Suspended');
  await world.user.patch(Canaries, canary, { spec: { suspend: false } });
  await world.run(5);
  expect(statusOf(world.canary())).toMatchObject({ reason, message });
});

test('a Canary that asks for something which is not built still gives the application back when it is deleted', async () => {
  const world = await initialised();
  await world.user.patch(Canaries, canary, {
    spec: { analysis: { webhooks: [{ name: 'gate', url: 'http://gate.example.com' }] } },
  });
  await world.run(20);
  expect(stalled(world)).toMatchObject({ reason: 'Unsupported' });
  await world.user.delete(Canaries, canary);
  await world.run(60);
  expect(world.canary()).toBeUndefined();
  expect(world.kube.peek(Deployments, primary)).toBeUndefined();
  expect(world.kube.peek(Deployments, target)?.spec).toMatchObject({ replicas: 2 });
  expect(world.kube.peek(Services, target)?.spec).toMatchObject({ selector: { app: 'podinfo' } });
});

test('a status that cannot be read does not keep the application from being given back', async () => {
  const world = await initialised();
  await patchStatus(world, { phase: 'Pausing' });
  await world.run(20);
  await world.user.delete(Canaries, canary);
  await world.run(60);
  expect(world.canary()).toBeUndefined();
  expect(world.kube.peek(Deployments, target)?.spec).toMatchObject({ replicas: 2 });
  expect(world.kube.peek(Services, target)?.spec).toMatchObject({ selector: { app: 'podinfo' } });
});

test.each(['Progressing', 'Promoting', 'Finalising'])(
  'the phase %s without a run, as a backup may restore it, ends at rest and spins nowhere',
  async phase => {
    const world = await initialised();
    await patchStatus(world, { phase, run: null, canaryWeight: 20 });
    await world.run(60);
    expect(statusOf(world.canary()).phase).toBe('Succeeded');
    expect(await writesWithin(world, 60)).toBe(0);
  },
);

test.each(['Waiting', 'WaitingPromotion'])(
  'the phase %s does not wait for a gate that is not built',
  async phase => {
    const world = await initialised();
    await patchStatus(world, { phase });
    world.manifests.push('app:v2');
    await world.manifests.sync();
    await world.run(200);
    expect(statusOf(world.canary())).toMatchObject({ phase: 'Succeeded', canaryWeight: 0 });
    expect(world.kube.peek(Deployments, primary)?.spec).toMatchObject({
      template: { spec: { containers: [{ image: 'app:v2' }] } },
    });
  },
);
