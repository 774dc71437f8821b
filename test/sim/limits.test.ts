/** No loops and no storms: how long a failed revision is kept out, how much is written to Git, and how often what cannot succeed is tried. */
import { expect, test } from 'vitest';
import { AlertProviders, ManifestRepositories } from '../../src/api/resources.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, type CanarySpecDraft, createCanary } from './story.ts';
import { namespace, World, type WorldOptions } from './world.ts';

const git = { repositoryRef: { name: 'manifests' }, path: 'apps/podinfo' };

async function initialised(
  change: (spec: CanarySpecDraft) => void = () => undefined,
  options: Partial<WorldOptions> = {},
): Promise<World> {
  const world = new World(options);
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, { spec: change });
  await world.run(20);
  return world;
}

async function release(world: World, image: string, seconds = 120): Promise<void> {
  world.manifests.push(image);
  await world.manifests.sync();
  await world.run(seconds);
}

/** Alerts that reached nobody within the next so many seconds. */
async function failuresWithin(world: World, seconds: number): Promise<number> {
  const from = world.history.length;
  await world.run(seconds);
  return world.history.slice(from).filter(entry => entry.type === 'alert' && !entry.delivered).length;
}

function rollback(world: World) {
  return statusOf(world.canary()).rollback;
}

test('a failed revision is tried again when its quarantine is over, where Git still asks for it', async () => {
  const world = await initialised(spec => {
    spec.rollback = { quarantine: { for: '1h' }, git: { ...git, mode: 'Off' } };
  });
  await release(world, 'app:bad');
  const first = statusOf(world.canary()).run?.id;
  await world.run(3_300);
  expect(statusOf(world.canary())).toMatchObject({ phase: 'Failed', run: { id: first } });
  world.metrics.script = () => 100;
  await world.run(600);
  expect(statusOf(world.canary())).toMatchObject({
    phase: 'Succeeded',
    promoted: { images: { app: 'app:bad' } },
  });
  expect(statusOf(world.canary()).quarantine).toBeUndefined();
});

test('one that came back after its revert waits out its quarantine as well, and not a moment longer', async () => {
  const world = await initialised(spec => {
    spec.rollback['quarantine'] = { for: '1h' };
  });
  await release(world, 'app:bad');
  await release(world, 'app:bad');
  const first = statusOf(world.canary()).run?.id;
  await world.run(3_000);
  expect(statusOf(world.canary())).toMatchObject({ reason: 'Quarantined', run: { id: first } });
  await world.run(600);
  expect(statusOf(world.canary()).run?.id).not.toBe(first);
});

test('beyond its own limit a Canary writes nothing to Git, and says so', async () => {
  const world = await initialised(spec => {
    spec.rollback = { git: { ...git, limits: { perHour: 1 } } };
  });
  await release(world, 'app:bad');
  expect(rollback(world)).toMatchObject({ verdict: 'Reverted' });
  expect(statusOf(world.canary()).reverts).toHaveLength(1);
  await release(world, 'app:bad2');
  expect(rollback(world)).toMatchObject({
    state: 'Held',
    message: expect.stringContaining('the limit is 1'),
  });
  await release(world, 'app:v2', 3_600);
  await release(world, 'app:bad3');
  expect(rollback(world)).toMatchObject({ verdict: 'Reverted' });
});

test('an operator that was told to write nothing to Git takes the traffic back all the same', async () => {
  const world = await initialised(undefined, { gitWrites: false });
  await release(world, 'app:bad');
  expect(statusOf(world.canary())).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
  expect(rollback(world)).toMatchObject({
    state: 'Held',
    message: expect.stringContaining('--no-git-writes'),
  });
  expect(world.manifests.head().image).toBe('app:bad');
});

test('wrong credentials are tried seldom, and again within a minute of a new Secret', async () => {
  const world = await initialised();
  await world.user.patch(
    ManifestRepositories,
    { name: 'manifests' },
    { spec: { secretRef: { name: 'write' } } },
  );
  world.manifests.mode = 'denied';
  await release(world, 'app:bad', 7_200);
  const { attempts = 0 } = rollback(world) ?? {};
  expect(attempts).toBeLessThan(20);
  await world.run(3_600);
  expect((rollback(world)?.attempts ?? 0) - attempts).toBeLessThanOrEqual(4);
  world.manifests.mode = 'up';
  world.secretVersion = '2';
  await world.run(65);
  expect(rollback(world)).toMatchObject({ verdict: 'Reverted' });
});

test('they are tried again at once when the ManifestRepository changes', async () => {
  const world = await initialised();
  world.manifests.mode = 'denied';
  await release(world, 'app:bad', 7_200);
  world.manifests.mode = 'up';
  await world.user.patch(
    ManifestRepositories,
    { name: 'manifests' },
    { metadata: { annotations: { note: 'fixed' } } },
  );
  await world.run(5);
  expect(rollback(world)).toMatchObject({ verdict: 'Reverted' });
});

test('a Slack token that is refused is tried seldom, and again at once when the AlertProvider changes', async () => {
  const world = await initialised();
  world.slack.mode = 'denied';
  await release(world, 'app:bad', 7_200);
  expect(await failuresWithin(world, 3_600)).toBeLessThanOrEqual(6);
  world.slack.mode = 'up';
  await world.user.patch(AlertProviders, { namespace, name: 'slack' }, { spec: { channel: 'other' } });
  await world.run(5);
  expect(statusOf(world.canary()).outbox).toEqual([]);
});
