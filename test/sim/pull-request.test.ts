/** Reverts by pull request: one for each failed revision whatever crashes, looked after until it is merged, closed or needless. */
import { describe, expect, test } from 'vitest';
import { ManifestRepositories } from '../../src/api/resources.ts';
import { noFaults } from './faults.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './story.ts';
import { World } from './world.ts';

type Mode = 'PullRequest' | 'Auto' | 'Commit';

const manifests = { name: 'manifests' };

async function start(
  mode: Mode,
  repository: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Promise<World> {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await world.user.patch(ManifestRepositories, manifests, {
    spec: { provider: 'Gitea', secretRef: { name: 'manifests-write' }, ...repository },
  });
  await createCanary(world, {
    spec: spec => {
      spec.rollback = { git: { repositoryRef: { name: 'manifests' }, path: 'apps/podinfo', mode, ...more } };
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

test.each<[string, object, object | undefined, number]>([
  ['Hold', { state: 'Done', verdict: 'Conflict' }, undefined, 0],
  ['Restore', { state: 'Done', verdict: 'Reverted' }, undefined, 1],
  ['PullRequest', { state: 'Pending', pullRequest: { number: 1, state: 'Open' } }, { state: 'Merged' }, 1],
])('later commits stand in the way, onConflict %s', async (onConflict, rollback, merged, commits) => {
  const world = await start('Commit', {}, { onConflict });
  world.manifests.isConflicted = true;
  expect((await badRelease(world)).rollback).toMatchObject(rollback);
  expect(world.host.pulls).toHaveLength(merged === undefined ? 0 : 1);
  if (merged !== undefined) {
    expect(siskinsCommits(world)).toBe(0);
    world.host.merge(1);
    await world.run(61);
    expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Done', pullRequest: merged });
  }
  expect(siskinsCommits(world)).toBe(commits);
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

test('a webhook makes it at once, and asks for one look', async () => {
  const world = await start('PullRequest');
  await badRelease(world);
  await world.run(5);
  world.host.merge(1);
  const looks = world.host.looks;
  const lastHookAt = new Date(world.clock.now()).toISOString();
  await world.user.patch(
    ManifestRepositories,
    manifests,
    { status: { lastHookAt } },
    { subresource: 'status' },
  );
  await world.run(1);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
  expect(world.host.looks).toBe(looks + 1);
});

test('one that its host marks as merged a moment after the branch moved is not closed in between', async () => {
  const world = await start('PullRequest');
  await badRelease(world);
  const [pull] = world.host.pulls;
  if (pull === undefined) throw new Error('there is no pull request');
  pull.mergeCommit = world.manifests.mergeProposal(pull.branch).id;
  const status = { lastHookAt: new Date(world.clock.now()).toISOString() };
  await world.user.patch(ManifestRepositories, manifests, { status }, { subresource: 'status' });
  await world.run(1);
  pull.state = 'Merged';
  await world.run(5);
  expect(statusOf(world.canary()).rollback).toMatchObject({
    state: 'Done',
    verdict: 'Reverted',
    commit: pull.mergeCommit,
    pullRequest: { state: 'Merged' },
  });
  expect(pull.comments).toEqual([]);
});

test('a webhook while the API is down does not make the operator ask without pause', async () => {
  const world = await start('PullRequest');
  await badRelease(world);
  world.host.mode = 'down';
  const status = { lastHookAt: new Date(world.clock.now()).toISOString() };
  await world.user.patch(ManifestRepositories, manifests, { status }, { subresource: 'status' });
  const before = world.kube.requests.length;
  await world.run(60);
  expect(world.kube.requests.length - before).toBeLessThan(30);
  world.host.mode = 'up';
  world.host.merge(1);
  await world.run(61);
  expect(statusOf(world.canary()).rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
});

describe('the status of the judged commit', () => {
  test('is told once for each verdict', async () => {
    const world = await start('Commit');
    const bad = world.manifests.push('app:bad');
    await world.run(120);
    const good = world.manifests.push('app:v2');
    await world.run(240);
    expect(statusOf(world.canary()).phase).toBe('Succeeded');
    expect(world.host.statuses).toMatchObject([
      { commit: bad.id, state: 'Failure', context: 'siskin/shop/podinfo' },
      { commit: good.id, state: 'Success', context: 'siskin/shop/podinfo' },
    ]);
    expect(world.host.statuses[0]?.description).toContain('success was 50');
  });

  test('a token without the right keeps nothing from happening', async () => {
    const world = await start('Commit');
    world.host.mode = 'forbidden';
    const status = await badRelease(world);
    expect(status.rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
    expect(remains(status)).toEqual([]);
    const events = world.history.filter(
      entry => entry.type === 'event' && entry.reason === 'CommitStatusFailed',
    );
    expect(events).toHaveLength(1);
  });

  test('is tried again while the host is down', async () => {
    const world = await start('Commit');
    world.host.mode = 'down';
    await badRelease(world);
    world.host.mode = 'up';
    await world.run(60);
    expect(world.host.statuses).toHaveLength(1);
  });

  test.each([
    ['a dry run', { mode: 'DryRun' }],
    ['a suspended repository', { suspend: true }],
    ['no credentials', { secretRef: null }],
    ['no host that is known', { provider: null }],
  ])('is not told in %s', async (_what, repository) => {
    const world = await start('Commit', repository);
    await badRelease(world);
    expect(world.host.statuses).toEqual([]);
    expect(remains(statusOf(world.canary()))).toEqual([]);
  });
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
