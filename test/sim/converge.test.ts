/** Arriving: a revert is over only when the cluster shows the promoted revision again, and Git which lags behind is told of once. */
import { expect, test } from 'vitest';
import type { RevertRequest } from '../../src/git/port.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './story.ts';
import { World } from './world.ts';

async function initialised(): Promise<World> {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, {});
  await world.run(20);
  return world;
}

async function release(world: World, image: string, seconds = 120): Promise<void> {
  world.manifests.push(image);
  await world.manifests.sync();
  await world.run(seconds);
}

function converged(world: World) {
  return statusOf(world.canary()).conditions?.find(({ type }) => type === 'GitConverged');
}

/** Titles of the alerts that were delivered since. */
function told(world: World, from = 0): string[] {
  return world.history
    .slice(from)
    .flatMap(entry => (entry.type === 'alert' && entry.delivered ? [entry.title] : []));
}

test('a revert that the cluster shows ends the divergence, and the good place in Git moves to it', async () => {
  const world = await initialised();
  const first = world.manifests.head().id;
  await release(world, 'app:bad');
  const revert = world.manifests.head();
  const status = statusOf(world.canary());
  expect(status.rollback).toMatchObject({ state: 'Done', verdict: 'Reverted', commit: revert.id });
  expect(status.rollback?.convergedAt).toBeDefined();
  expect(status.diverged).toBeUndefined();
  expect(converged(world)).toMatchObject({ status: 'True', reason: 'Converged' });
  expect(status.promoted?.git).toMatchObject({ head: revert.id, commit: revert.id });
  expect(status.promoted?.git?.commit).not.toBe(first);
  expect(told(world)).not.toContain('Git asks for what podinfo runs again');
});

test('a second revert in a row undoes only what came after the first', async () => {
  const world = await initialised();
  const requests: RevertRequest[] = [];
  const { port } = world.manifests;
  world.manifests.port = gate => {
    const git = port(gate);
    return { ...git, revert: async request => git.revert(request).finally(() => requests.push(request)) };
  };
  world.crash('siskin-1', 100);
  await world.run(5);
  await release(world, 'app:bad');
  const first = world.manifests.head().id;
  await release(world, 'app:bad2');
  expect(requests.map(({ good }) => good.commit)).toEqual([world.manifests.commits[0]?.id, first]);
  expect(statusOf(world.canary()).rollback).toMatchObject({ verdict: 'Reverted', goodCommit: first });
});

test('a revert that nobody applies is told of once after its limit, and once more when it is over', async () => {
  const world = await initialised();
  world.manifests.push('app:bad');
  await world.manifests.sync();
  world.manifests.agentPaused = true;
  await world.run(600);
  expect(converged(world)).toMatchObject({ status: 'False', reason: 'RevertNotApplied' });
  expect(statusOf(world.canary()).diverged).toMatchObject({
    revision: statusOf(world.canary()).run?.revision,
  });
  expect(told(world)).not.toContain('Git still asks for a failed revision of podinfo');
  await world.run(3_600);
  expect(told(world).filter(title => title.startsWith('Git still asks'))).toHaveLength(1);
  world.manifests.agentPaused = false;
  await world.manifests.sync();
  await world.run(60);
  expect(converged(world)).toMatchObject({ status: 'True', reason: 'Converged' });
  expect(told(world).filter(title => title.startsWith('Git asks for what'))).toHaveLength(1);
});

test('while Git is down the condition says why, and how long', async () => {
  const world = await initialised();
  world.manifests.push('app:bad');
  await world.manifests.sync();
  await world.run(8);
  world.manifests.mode = 'down';
  await world.run(1_200);
  expect(converged(world)).toMatchObject({ status: 'False', reason: 'RevertPending' });
  expect(converged(world)?.message).toContain('cannot be reached');
  expect(statusOf(world.canary()).diverged?.toldAt).toBeDefined();
});

test('the bad tag committed again is held without traffic, with one alert and no second revert', async () => {
  const world = await initialised();
  await release(world, 'app:bad');
  const commits = world.manifests.commits.length;
  const from = world.history.length;
  await release(world, 'app:bad', 3_600);
  expect(statusOf(world.canary())).toMatchObject({ phase: 'Failed', reason: 'Quarantined', canaryWeight: 0 });
  expect(world.manifests.commits).toHaveLength(commits + 1);
  const titles = told(world, from);
  expect(titles.filter(title => title.startsWith('A failed revision'))).toHaveLength(1);
  expect(titles.filter(title => title.startsWith('Git still asks'))).toHaveLength(1);
  expect(converged(world)).toMatchObject({ status: 'False', reason: 'Quarantined' });
});

test('a new revision ends the divergence of the one that failed', async () => {
  const world = await initialised();
  world.manifests.push('app:bad');
  await world.manifests.sync();
  world.manifests.agentPaused = true;
  await world.run(100);
  world.manifests.agentPaused = false;
  await release(world, 'app:v3');
  const status = statusOf(world.canary());
  expect(status).toMatchObject({ phase: 'Succeeded' });
  expect(status.diverged).toBeUndefined();
  expect(status.rollback?.convergedAt).toBeUndefined();
  expect(converged(world)).toMatchObject({ status: 'True' });
});
