/** An application of several paths: its folder, and what that is made from. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  accessTo,
  createRepository,
  type Files,
  realClock,
  revertOf,
  type TestRepository,
  temporaryFolder,
} from '../../test/wire/git-fixture.ts';
import type { GitPosition, GitRepository, RepositoryAccess, RevertResult } from './port.ts';
import { createGitRepository } from './repository.ts';

vi.setConfig({ testTimeout: 60_000 });

const path = 'apps/web/prod';
const also = ['apps/web/base', 'values/web.yaml'];
let folder: ReturnType<typeof temporaryFolder>;
let remote: TestRepository;
let git: GitRepository;
let access: RepositoryAccess;

beforeEach(() => {
  folder = temporaryFolder();
  remote = createRepository(join(folder.path, 'remote.git'));
  git = createGitRepository({ cacheDir: join(folder.path, 'cache'), clock: realClock, allowFileUrls: true });
  access = { ...accessTo(`file://${remote.folder}`), allowedPaths: ['apps/**', 'values/**'] };
});
afterEach(() => {
  folder[Symbol.dispose]();
});

function start(): string {
  return remote.commit({
    'apps/web/prod/kustomization.yaml': 'resources: [../base]\n',
    'apps/web/base/deployment.yaml': 'image: v1\n',
    'values/web.yaml': 'tag: v1\n',
    'values/other.yaml': 'tag: v1\n',
  });
}

async function at(commit: string, others: readonly string[] = also): Promise<GitPosition> {
  const found = await git.locate(access, { branch: 'main', path, commit, also: others });
  return { ...found, also: others };
}

async function revert(
  good: string,
  failed: string,
  others?: readonly string[],
  changes: Partial<RepositoryAccess> = {},
): Promise<RevertResult> {
  const places = { good: await at(good, others), failed: await at(failed, others) };
  return git.revert({ ...revertOf({ ...access, ...changes }, places), path });
}

test('the last change of any of the paths is the position, and their tree tells them apart', async () => {
  const good = start();
  const bad = remote.commit({ 'values/web.yaml': 'tag: v2\n' });
  remote.commit({ 'values/other.yaml': 'tag: v2\n' });
  const [before, after, later] = [await at(good), await at(bad), await at(remote.head())];
  expect([before.commit, after.commit, later.commit]).toEqual([good, bad, bad]);
  expect(after.tree).toBe(later.tree);
  expect(after.tree).not.toBe(before.tree);
});

test.each<[string, Files, string[]]>([
  ['in the base', { 'apps/web/base/deployment.yaml': 'image: v2\n' }, ['apps/web/base/deployment.yaml']],
  ['in a value file', { 'values/web.yaml': 'tag: v2\n' }, ['values/web.yaml']],
  [
    'in all of them, with a file more',
    {
      'apps/web/prod/kustomization.yaml': 'resources: [../base, x.yaml]\n',
      'apps/web/prod/x.yaml': 'x\n',
      'apps/web/base/deployment.yaml': 'image: v2\n',
      'values/web.yaml': 'tag: v2\n',
    },
    [
      'apps/web/base/deployment.yaml',
      'apps/web/prod/kustomization.yaml',
      'apps/web/prod/x.yaml',
      'values/web.yaml',
    ],
  ],
])('a change %s is undone, and nothing beside it', async (_what, change, files) => {
  const good = start();
  const bad = remote.commit({ ...change, 'values/other.yaml': 'tag: v2\n' });
  const result = await revert(good, bad);
  expect(result).toMatchObject({ verdict: 'Reverted', files });
  expect(remote.files()).toEqual({ ...remote.files(good), 'values/other.yaml': 'tag: v2' });
  expect(remote.git(['log', '-1', '--format=%B'])).toContain(`(only ${[path, ...also].join(', ')})`);
});

test('later edits elsewhere in the scope stay', async () => {
  const good = start();
  const bad = remote.commit({ 'values/web.yaml': 'tag: v2\n' });
  const places = { good: await at(good), failed: await at(bad) };
  remote.commit({ 'apps/web/base/deployment.yaml': 'image: v1\nmore: 1\n' });
  expect(await git.revert({ ...revertOf(access, places), path })).toMatchObject({
    verdict: 'Reverted',
    files: ['values/web.yaml'],
  });
  expect(remote.files()['apps/web/base/deployment.yaml']).toBe('image: v1\nmore: 1');
});

test('a base outside of what may be written stops the revert, and nothing is pushed', async () => {
  const good = start();
  const bad = remote.commit({ 'values/web.yaml': 'tag: v2\n' });
  const result = await revert(good, bad, also, { allowedPaths: ['apps/**'] });
  expect(result).toMatchObject({ verdict: 'ScopeViolation', files: ['values/web.yaml'] });
  expect(remote.head()).toBe(bad);
});

test('a base that the failed change brought in was never promoted, and stays as it is', async () => {
  const good = start();
  const bad = remote.commit({
    'apps/web/prod/kustomization.yaml': 'resources: [../base, ../extra]\n',
    'apps/web/extra/x.yaml': 'x\n',
  });
  const places = { good: await at(good), failed: await at(bad, [...also, 'apps/web/extra']) };
  expect(await git.revert({ ...revertOf(access, places), path })).toMatchObject({
    verdict: 'Reverted',
    files: ['apps/web/prod/kustomization.yaml'],
  });
});

test.each(['../x', '/etc', '', '-x', 'a/./b', '.git/config'])(
  'the further path %j is refused',
  async hostile => {
    start();
    const look = git.locate(access, { branch: 'main', path, also: [hostile] });
    await expect(look).rejects.toMatchObject({ code: 'InvalidRequest' });
  },
);
