/** Reverts by pull request: one for each failed revision whatever crashes, looked after until it is merged, closed or needless. */
import { describe, expect, test } from 'vitest';
import { ManifestRepositories } from '../../src/api/resources.ts';
import { noFaults } from './faults.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './scenarios.ts';
import { World } from './world.ts';

type Mode = 'PullRequest' | 'Auto' | 'Commit';

const manifests = { name: 'manifests' };

async function start(mode: Mode, repository: Record<string, unknown> = {}): Promise<World> {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await world.user.patch(ManifestRepositories, manifests, { spec: { provider: 'Gitea', ...repository } });
  await createCanary(world, {
    spec: spec => {
      spec.rollback = { git: { repositoryRef: { name: 'manifests' }, path: 'apps/podinfo', mode } };
    },
  });
  await world.run(20);
  return world;
}

async function badRelease(world: World, image = 'app:bad'): Promise<ReturnType<typeof statusOf>> {
  world.manifests.push(image);
  await world.run(60);
  return statusOf(world.canary());
}

function alerts(world: World, title: RegExp): number {
  return world.history.filter(entry => entry.type === 'alert' && entry.delivered && title.test(entry.title))
    .length;
}

function siskinsCommits(world: World): number {
  return world.manifests.commits.filter(({ author }) => author === 'siskin').length;
}

function remains(status: ReturnType<typeof statusOf>): string[] {
  return (status.outbox ?? []).filter(({ kind }) => kind !== 'alert').map(({ kind }) => kind);
}

test('a failed revision gets one pull request with the evidence; merging it ends the rollback within a minute', async () => {
  const world = await start('PullRequest');
  const failed = await badRelease(world);
  expect(failed).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
  expect(failed.rollback).toMatchObject({
    state: 'Pending',
    pullRequest: { number: 1, state: 'Open', url: 'https://git.example.com/acme/manifests/pulls/1' },
  });
  expect(failed.rollback?.message).toContain('https://git.example.com/acme/manifests/pulls/1');
  expect(siskinsCommits(world)).toBe(0);
  const [pull] = world.host.pulls;
  expect(pull?.branch).toMatch(/^siskin\/rollback\/shop-podinfo-[0-9a-f]{8}$/u);
  expect(pull?.body).toContain('`50`');
  expect(pull?.body).toContain('app:v1 to app:bad');
  expect(failed.conditions?.find(({ type }) => type === 'GitConverged')).toMatchObject({
    status: 'False',
    reason: 'PullRequestOpen',
    message: failed.rollback?.message,
  });
  await world.run(600);
  expect(world.host.pulls).toHaveLength(1);
  expect(alerts(world, /waits for a merge/u)).toBe(1);
  world.host.merge(1);
  await world.run(61);
  const merged = statusOf(world.canary());
  expect(merged.rollback).toMatchObject({
    state: 'Done',
    verdict: 'Reverted',
    commit: pull?.mergeCommit,
    pullRequest: { state: 'Merged' },
  });
  expect(remains(merged)).toEqual([]);
  expect(merged.rollback?.convergedAt).toBeDefined();
  expect(world.manifests.head().image).toBe('app:v1');
  await world.run(600);
  expect(world.host.pulls).toHaveLength(1);
  expect(statusOf(world.canary()).run?.id).toBe(failed.run?.id);
});

test('an open one is looked at once a minute at most; none, never', async () => {
  const world = await start('PullRequest');
  await world.run(3_600);
  expect(world.host.looks).toBe(0);
  await badRelease(world);
  const before = world.host.looks;
  await world.run(1_800);
  const looks = world.host.looks - before;
  expect(looks).toBeLessThanOrEqual(30);
  expect(looks).toBeGreaterThanOrEqual(28);
  world.host.merge(1);
  await world.run(120);
  const after = world.host.looks;
  await world.run(3_600);
  expect(world.host.looks).toBe(after);
});

test('closed without being merged: somebody has decided, and is told what that means', async () => {
  const world = await start('PullRequest');
  await badRelease(world);
  world.host.close(1);
  await world.run(120);
  const { rollback } = statusOf(world.canary());
  expect(rollback).toMatchObject({ state: 'Held', verdict: 'Held', pullRequest: { state: 'Closed' } });
  expect(rollback?.message).toContain('closed without being merged');
  await world.run(600);
  expect(world.host.pulls).toHaveLength(1);
});

test('reverted by hand: the pull request is closed with the reason', async () => {
  const world = await start('PullRequest');
  await badRelease(world);
  world.manifests.push('app:v1');
  await world.run(120);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Done', verdict: 'AlreadyReverted' });
  expect(world.host.pulls).toMatchObject([{ state: 'Closed' }]);
  expect(world.host.pulls[0]?.comments).toEqual([expect.stringContaining('no longer asks')]);
});

test('a newer revision was promoted: the pull request is closed, and would have undone a part of it', async () => {
  const world = await start('PullRequest');
  await badRelease(world);
  world.manifests.push('app:v3');
  await world.run(240);
  const status = statusOf(world.canary());
  expect(status.phase).toBe('Succeeded');
  expect(world.host.pulls).toMatchObject([{ state: 'Closed' }]);
  expect(status.rollback).toMatchObject({
    state: 'Done',
    verdict: 'Superseded',
    pullRequest: { state: 'Closed' },
  });
  expect(remains(status)).toEqual([]);
});

test('another revision failed: one pull request is open, and it undoes both', async () => {
  const world = await start('PullRequest');
  await badRelease(world);
  await badRelease(world, 'app:bad2');
  await world.run(120);
  expect(world.host.pulls.map(({ state }) => state)).toEqual(['Closed', 'Open']);
  expect(world.host.pulls[0]?.comments).toHaveLength(1);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Pending', pullRequest: { number: 2 } });
});

test('the base moves while auto-merge is asked for: the branch follows, and its new tip is what may be merged', async () => {
  const world = await start('PullRequest', { pullRequest: { autoMerge: true } });
  const { rollback } = await badRelease(world);
  const first = rollback?.pullRequest;
  expect(first).toMatchObject({ autoMerge: true });
  expect(world.host.pulls[0]?.autoMerge).toBe(first?.head);
  world.manifests.push();
  await world.run(120);
  const second = statusOf(world.canary()).rollback?.pullRequest;
  expect(second?.head).not.toBe(first?.head);
  expect(world.host.pulls[0]?.autoMerge).toBe(second?.head);
  expect(world.host.pulls).toHaveLength(1);
});

describe('Auto', () => {
  test('commits where it may', async () => {
    const world = await start('Auto');
    const { rollback } = await badRelease(world);
    expect(rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
    expect(world.host.pulls).toEqual([]);
  });

  test('asks where the branch turns out to be protected', async () => {
    const world = await start('Auto');
    world.manifests.isProtected = true;
    const { rollback } = await badRelease(world);
    expect(rollback).toMatchObject({ state: 'Pending', pullRequest: { number: 1, state: 'Open' } });
    world.host.merge(1);
    await world.run(61);
    expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
  });
});

test('Commit on a protected branch says which mode would do', async () => {
  const world = await start('Commit');
  world.manifests.isProtected = true;
  const status = await badRelease(world);
  const condition = status.conditions?.find(({ type }) => type === 'GitReady');
  expect(condition).toMatchObject({ status: 'False', reason: 'BranchProtected' });
  expect(world.host.pulls).toEqual([]);
});

test('a repository of mode PullRequest takes no commits, whatever the Canary asks for', async () => {
  const world = await start('Commit', { mode: 'PullRequest' });
  const { rollback } = await badRelease(world);
  expect(rollback).toMatchObject({ state: 'Pending', pullRequest: { number: 1 } });
  expect(siskinsCommits(world)).toBe(0);
});

test('a host that nobody knows is named before a release fails', async () => {
  const world = await start('PullRequest', { provider: null });
  const condition = statusOf(world.canary()).conditions?.find(({ type }) => type === 'Stalled');
  expect(condition).toMatchObject({ reason: 'ProviderUnknown' });
  expect(condition?.message).toContain('spec.provider');
});

test.each(['down', 'limited', 'forbidden'] as const)(
  'the API is %s: the condition says so, the traffic is back, and it is asked again',
  async mode => {
    const world = await start('PullRequest');
    world.host.mode = mode;
    const status = await badRelease(world);
    expect(status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
    expect(status.conditions?.find(({ type }) => type === 'GitReady')).toMatchObject({ status: 'False' });
    world.host.mode = 'up';
    await world.run(120);
    expect(statusOf(world.canary()).rollback).toMatchObject({ pullRequest: { number: 1 } });
    expect(world.host.pulls).toHaveLength(1);
  },
);

test.each(['before', 'after'] as const)(
  'a crash %s every effect leaves one pull request, and its merge is noticed',
  async when => {
    const quiet = await start('Auto');
    quiet.manifests.isProtected = true;
    const from = quiet.effects.length;
    await badRelease(quiet);
    const until = quiet.effects.length;
    expect(until).toBeGreaterThan(from);
    for (let effect = from + 1; effect <= until; effect += 1) {
      const world = await start('Auto');
      world.manifests.isProtected = true;
      world.faults = {
        ...noFaults,
        strike: (_effect, count) => (count === effect ? { kind: `crash-${when}` } : undefined),
      };
      await badRelease(world);
      await world.run(120);
      expect(
        world.host.pulls.map(({ number }) => number),
        `crash ${when} effect ${effect}`,
      ).toEqual([1]);
      world.host.merge(1);
      await world.run(120);
      expect(statusOf(world.canary()).rollback, `crash ${when} effect ${effect}`).toMatchObject({
        state: 'Done',
        pullRequest: { state: 'Merged' },
      });
      expect(siskinsCommits(world)).toBe(1);
    }
  },
);
