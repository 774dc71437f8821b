/** Promotion by pull request: one for each target, brought up to date, until somebody merges or closes it. */
import { expect, test } from 'vitest';
import { Canaries, ManifestRepositories } from '../../src/api/resources.ts';
import { crashAt } from './faults.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './story.ts';
import { namespace, target, World } from './world.ts';

const canary = { namespace, name: target.name };

async function install(autoMerge = false): Promise<World> {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await world.user.patch(ManifestRepositories, { name: 'manifests' }, { spec: { provider: 'Gitea' } });
  await createCanary(world, {
    spec: spec => {
      const updates = [{ kustomize: { path: 'apps/production', image: 'app' } }];
      const production = { name: 'production', repositoryRef: { name: 'manifests' }, updates };
      Object.assign(spec, { promotion: [{ ...production, strategy: 'PullRequest', autoMerge }] });
    },
  });
  await world.run(30);
  return world;
}

async function release(world: World, image: string): Promise<void> {
  world.manifests.push(image);
  for (let second = 0; second < 400; second += 1) {
    if (statusOf(world.canary()).promoted?.images?.['app'] === image) break;
    await world.run(1);
  }
  await world.run(30);
}

function production(world: World) {
  return statusOf(world.canary()).promotions?.find(({ target: name }) => name === 'production');
}

function pulls(world: World) {
  return world.host.pulls.map(({ number, state }) => `${number} ${state}`);
}

function merge(world: World): void {
  const pull = world.host.pulls.at(-1);
  if (pull === undefined) throw new Error('there is no pull request');
  pull.mergeCommit = world.environments.merge(pull.branch);
  pull.state = 'Merged';
}

function close(world: World): void {
  const pull = world.host.pulls.at(-1);
  if (pull !== undefined) pull.state = 'Closed';
}

async function hostCalls(world: World): Promise<void> {
  const status = { lastHookAt: new Date(world.clock.now()).toISOString() };
  await world.user.patch(ManifestRepositories, { name: 'manifests' }, { status }, { subresource: 'status' });
}

test('it is asked for once and noticed when it is merged', async () => {
  const world = await install();
  await release(world, 'app:v2');
  await world.run(600);
  expect(pulls(world)).toEqual(['1 Open']);
  expect(world.host.pulls[0]?.body).toContain('`app:v2`');
  expect(production(world)).toMatchObject({ state: 'Proposed', pullRequest: { number: 1 } });
  merge(world);
  await world.run(61);
  expect(production(world)).toMatchObject({ state: 'Promoted', commit: world.host.pulls[0]?.mergeCommit });
  expect(statusOf(world.canary()).outbox).toEqual([]);
  const told = world.history.filter(
    entry => entry.type === 'alert' && entry.title.includes('next environment'),
  );
  expect(told).toHaveLength(2);
});

test('a webhook makes it noticed at once, and asks for one look', async () => {
  const world = await install();
  await release(world, 'app:v2');
  const { looks } = world.host;
  await hostCalls(world);
  await world.run(20);
  expect(world.host.looks).toBe(looks + 1);
  expect(production(world)).toMatchObject({ state: 'Proposed' });
  merge(world);
  await hostCalls(world);
  await world.run(2);
  expect(production(world)).toMatchObject({ state: 'Promoted' });
});

test('one that its host marks as merged a moment after the branch moved is not closed in between', async () => {
  const world = await install();
  await release(world, 'app:v2');
  const [pull] = world.host.pulls;
  if (pull === undefined) throw new Error('there is no pull request');
  pull.mergeCommit = world.environments.merge(pull.branch);
  await hostCalls(world);
  await world.run(1);
  pull.state = 'Merged';
  await world.run(5);
  expect(production(world)).toMatchObject({ state: 'Promoted', message: 'Pull request #1 was merged.' });
  expect(pull).toMatchObject({ state: 'Merged', comments: [] });
});

test('a newer version brings the open one up to date, and after a merge opens another', async () => {
  const world = await install();
  await release(world, 'app:v2');
  await release(world, 'app:v3');
  expect(pulls(world)).toEqual(['1 Open']);
  expect(world.effects.filter(effect => effect.endsWith('forge update'))).toHaveLength(1);
  expect([...world.environments.branches.values()]).toMatchObject([
    { version: expect.stringContaining('v3') },
  ]);
  merge(world);
  await world.run(61);
  await release(world, 'app:v4');
  expect(pulls(world)).toEqual(['1 Merged', '2 Open']);
});

test('one that is closed is not opened again for this version', async () => {
  const world = await install();
  await release(world, 'app:v2');
  close(world);
  await world.run(600);
  expect(pulls(world)).toEqual(['1 Closed']);
  expect(production(world)).toMatchObject({
    state: 'Held',
    message: expect.stringContaining('closed without being merged'),
  });
  await release(world, 'app:v3');
  expect(pulls(world)).toEqual(['1 Closed', '2 Open']);
});

test('one that nobody needs any more is closed', async () => {
  const world = await install();
  await release(world, 'app:v2');
  await world.user.patch(Canaries, canary, { spec: { promotion: null } });
  await world.run(120);
  expect(pulls(world)).toEqual(['1 Closed']);
  expect(world.host.pulls[0]?.comments).toEqual(['spec.promotion no longer has this target.']);
  expect(production(world)).toMatchObject({ state: 'Superseded' });
});

test('the host is asked once to merge each tip', async () => {
  const world = await install(true);
  await release(world, 'app:v2');
  await world.run(600);
  expect(world.host.pulls[0]?.autoMerge).toBe(production(world)?.pullRequest?.head);
  expect(world.effects.filter(effect => effect.endsWith('forge auto-merge'))).toHaveLength(1);
});

test('a host that is down is asked until it answers', async () => {
  const world = await install();
  world.host.mode = 'down';
  await release(world, 'app:v2');
  await world.run(300);
  expect(pulls(world)).toEqual([]);
  expect(production(world)).toMatchObject({ state: 'Failed' });
  world.host.mode = 'up';
  await world.run(120);
  expect(pulls(world)).toEqual(['1 Open']);
  expect(production(world)).toMatchObject({ state: 'Proposed' });
});

test('killed before or after any effect, there is one pull request', async () => {
  const whole = await install();
  await release(whole, 'app:v2');
  const from = whole.effects.findIndex(effect => effect.endsWith('git promote'));
  const wrong: string[] = [];
  for (let n = from; n <= whole.effects.length; n += 1) {
    for (const kind of ['crash-before', 'crash-after'] as const) {
      const world = await install();
      world.faults = crashAt(n, kind);
      await release(world, 'app:v2');
      await world.run(120);
      if (pulls(world).join() !== '1 Open' || production(world)?.state !== 'Proposed')
        wrong.push(`${kind} ${whole.effects[n - 1] ?? ''}: ${pulls(world).join()}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(whole.effects.length - from).toBeGreaterThan(2);
});
