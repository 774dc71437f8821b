/** A revert on a branch of ours: made once, brought up to date by a fast-forward, and left alone where somebody else works on it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  accessTo,
  createRepository,
  realClock,
  revertOf,
  type TestRepository,
  temporaryFolder,
} from '../../test/wire/git-fixture.ts';
import type { RevertRequest, RevertResult } from './port.ts';
import { createGitRepository } from './repository.ts';

const path = 'apps/podinfo';
const file = `${path}/deploy.yaml`;
const branch = 'siskin/rollback/shop-podinfo-0a1b2c3d';
let folder: ReturnType<typeof temporaryFolder>;
let repository: TestRepository;
let good: string;
let failed: string;

function lines(image: string, replicas = 1): string {
  return `image: ${image}\na\nb\nc\nd\ne\nreplicas: ${replicas}\n`;
}

beforeEach(() => {
  folder = temporaryFolder();
  repository = createRepository(join(folder.path, 'manifests.git'));
  repository.git(['config', 'receive.denyNonFastForwards', 'true']);
  repository.git(['config', 'receive.denyDeletes', 'true']);
  good = repository.commit({ [file]: lines('v1'), 'apps/other/a.yaml': 'a: 1\n' });
  failed = repository.commit({ [file]: lines('v2') }, { message: 'podinfo v2' });
});
afterEach(() => folder[Symbol.dispose]());

function request(changes: Partial<RevertRequest> = {}): RevertRequest {
  const positions = { good: repository.position(path, good), failed: repository.position(path, failed) };
  return revertOf(accessTo(`file://${repository.folder}`), positions, {
    mode: 'PullRequest',
    proposal: { branch, refresh: 'Needed' },
    ...changes,
  });
}

function propose(changes: Partial<RevertRequest> = {}, cache = 'cache'): Promise<RevertResult> {
  const git = createGitRepository({
    cacheDir: join(folder.path, cache),
    clock: realClock,
    allowFileUrls: true,
    random: () => 0,
  });
  return git.revert(request(changes));
}

const always = { proposal: { branch, refresh: 'Always' as const } };

/** What a merge of the branch puts on main. */
function mergedFiles(): Record<string, string> {
  return repository.files(repository.git(['merge-tree', '--write-tree', 'main', branch]));
}

test('the branch holds one commit on the head, and main stays as it is', async () => {
  const main = repository.head();
  const result = await propose();
  expect(result).toMatchObject({ verdict: 'Proposed', moved: true, files: [file] });
  expect(repository.head()).toBe(main);
  expect(repository.head(branch)).toBe(result.commit);
  expect(repository.git(['log', '--format=%s', `main..${branch}`])).toBe('Revert "podinfo v2"');
  expect(repository.files(branch)[file]).toBe(lines('v1').trimEnd());
});

test('another replica, or the same after a crash, changes nothing', async () => {
  const first = await propose();
  expect(await propose({}, 'other')).toMatchObject({
    verdict: 'Proposed',
    commit: first.commit,
    moved: false,
  });
  expect(repository.git(['rev-list', '--count', `main..${branch}`])).toBe('1');
});

test('racing replicas make one branch with one commit', async () => {
  const results = await Promise.all(['a', 'b', 'c'].map(cache => propose({}, cache)));
  expect(new Set(results.map(({ commit }) => commit)).size).toBe(1);
  expect(repository.git(['rev-list', '--count', `main..${branch}`])).toBe('1');
});

test('commits elsewhere leave the branch as it is, unless it is to follow always', async () => {
  const first = await propose();
  const main = repository.commit({ 'apps/other/a.yaml': 'a: 2\n' });
  expect(await propose()).toMatchObject({ commit: first.commit, moved: false });
  const second = await propose(always);
  expect(second).toMatchObject({ verdict: 'Proposed', moved: true });
  expect(repository.git(['rev-parse', `${branch}^1`, `${branch}^2`])).toBe(`${first.commit}\n${main}`);
  expect(mergedFiles()).toEqual({ [file]: lines('v1').trimEnd(), 'apps/other/a.yaml': 'a: 2' });
  expect(await propose(always)).toMatchObject({ commit: second.commit, moved: false });
});

test('a later edit of the same file is kept, and the branch follows by a fast-forward', async () => {
  const first = await propose();
  const main = repository.commit({ [file]: lines('v2', 5), 'apps/podinfo/new.yaml': 'n: 1\n' });
  const second = await propose();
  expect(second).toMatchObject({ verdict: 'Proposed', moved: true });
  expect(repository.git(['rev-parse', `${branch}^1`, `${branch}^2`])).toBe(`${first.commit}\n${main}`);
  expect(repository.files(branch)).toMatchObject({
    [file]: lines('v1', 5).trimEnd(),
    'apps/podinfo/new.yaml': 'n: 1',
  });
  expect(mergedFiles()).toEqual(repository.files(branch));
  expect(await propose()).toMatchObject({ commit: second.commit, moved: false });
});

test('commits of a reviewer on the branch stay; the branch is theirs from then on', async () => {
  await propose();
  const theirs = repository.commit({ 'apps/podinfo/note.yaml': 'why: 1\n' }, { branch, message: 'a note' });
  repository.commit({ 'apps/other/a.yaml': 'a: 3\n' });
  const result = await propose(always);
  expect(result).toMatchObject({ verdict: 'Proposed', commit: theirs, moved: false });
  expect(result.message).toContain('somebody else');
  expect(repository.head(branch)).toBe(theirs);
});

test('once it is merged, nothing is left to ask for', async () => {
  const { commit } = await propose();
  repository.git(['update-ref', 'refs/heads/main', commit ?? '']);
  expect(await propose()).toMatchObject({ verdict: 'AlreadyReverted', commit });
});

function suspended() {
  return Promise.resolve({ allowed: false as const, why: 'suspended' });
}

test('a switch read right before the push keeps the branch from being made', async () => {
  expect(await propose({ mayPush: suspended })).toMatchObject({ verdict: 'Held', message: 'suspended' });
  expect(repository.git(['for-each-ref', `refs/heads/${branch}`])).toBe('');
  const { commit } = await propose();
  repository.commit({ 'apps/other/a.yaml': 'a: 9\n' });
  expect(await propose({ ...always, mayPush: suspended })).toMatchObject({
    verdict: 'Proposed',
    commit,
    moved: false,
  });
});

test.each(['main', '../main', '--force', 'refs/heads/x', 'a b'])('the branch %j is refused', async bad => {
  await expect(propose({ proposal: { branch: bad, refresh: 'Needed' } })).rejects.toMatchObject({
    code: 'InvalidRequest',
  });
});

test('a hook that declines the push to main is told apart from a lost race', async () => {
  const hooks = join(repository.folder, 'hooks');
  repository.git(['config', 'core.hooksPath', hooks]);
  mkdirSync(hooks, { recursive: true });
  const script =
    '#!/bin/sh\nwhile read old new ref; do [ "$ref" = refs/heads/main ] && echo "protected" >&2 && exit 1; done; exit 0\n';
  writeFileSync(join(hooks, 'pre-receive'), script, { mode: 0o755 });
  const { proposal: _proposal, ...plain } = request();
  const git = createGitRepository({
    cacheDir: join(folder.path, 'c'),
    clock: realClock,
    allowFileUrls: true,
  });
  await expect(git.revert({ ...plain, mode: 'Commit' })).rejects.toMatchObject({
    code: 'BranchProtected',
    transient: false,
  });
  expect((await propose()).verdict).toBe('Proposed');
});
