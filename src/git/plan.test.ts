import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createRepository,
  type Files,
  gitIn,
  type TestRepository,
  temporaryFolder,
} from '../../test/wire/git-fixture.ts';
import { type NoRevert, type PlanRequest, planRevert, type RevertPlan } from './plan.ts';

// Each test runs some forty processes, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

let folder: ReturnType<typeof temporaryFolder>;
let repository: TestRepository;

beforeEach(() => {
  folder = temporaryFolder();
  repository = createRepository(join(folder.path, 'r.git'));
});
afterEach(() => {
  folder[Symbol.dispose]();
});

const path = 'apps/podinfo';
const file = 'apps/podinfo/deployment.yaml';
const manifest = (image: string, replicas = 2): string =>
  `kind: Deployment\nmetadata:\n  name: podinfo\nspec:\n  image: ${image}\n  port: 1\n  a: 1\n  b: 1\n  c: 1\n  replicas: ${replicas}\n`;

/** The usual beginning: v1 was promoted, v2 failed. */
function failedRelease(change: Files = { [file]: manifest('v2') }): { good: string; failed: string } {
  const good = repository.commit({
    [file]: manifest('v1'),
    'apps/podinfo/service.yaml': 'port: 80\n',
    'apps/other/deployment.yaml': 'image: o1\n',
    'README.md': 'hello\n',
  });
  return { good, failed: repository.commit(change, { message: 'bump podinfo to v2' }) };
}

function plan(
  at: { good: string; failed: string },
  changes: Partial<PlanRequest> & { at?: string } = {},
): Promise<RevertPlan | NoRevert> {
  const scope = changes.path ?? path;
  return planRevert(gitIn(repository), {
    tip: repository.head(),
    path: scope,
    good: repository.position(scope, at.good),
    failed: repository.position(scope, at.failed),
    scope: 'Paths',
    onConflict: 'Hold',
    rollbackId: 'id-1',
    allowedPaths: ['apps/**'],
    limits: { revertsPerHour: 10, maxFiles: 20 },
    now: 1_700_003_600_000,
    ...changes,
  });
}

function planned(answer: RevertPlan | NoRevert): Record<string, string> {
  if (answer.verdict !== 'Reverted') throw new Error(`${answer.verdict}: ${answer.message}`);
  return repository.files(answer.tree);
}

describe('Reverted', () => {
  test('the failed commit is the head: the path is as it was promoted', async () => {
    const at = failedRelease();
    const answer = await plan(at);
    expect(planned(answer)).toEqual(repository.files(at.good));
    expect(answer.files).toEqual([file]);
  });

  test('commits to other paths stay', async () => {
    const at = failedRelease();
    repository.commit({ 'apps/other/deployment.yaml': 'image: o2\n', 'README.md': 'bye\n' });
    expect(planned(await plan(at))).toEqual({
      ...repository.files(at.good),
      'apps/other/deployment.yaml': 'image: o2',
      'README.md': 'bye',
    });
  });

  test('a later change of other lines of the same file stays', async () => {
    const at = failedRelease();
    repository.commit({ [file]: manifest('v2', 5) });
    expect(planned(await plan(at))[file]).toBe(manifest('v1', 5).trimEnd());
  });

  test('a commit that releases several applications is undone for this one only', async () => {
    const at = failedRelease({ [file]: manifest('v2'), 'apps/other/deployment.yaml': 'image: o2\n' });
    const answer = await plan(at);
    expect(planned(answer)).toEqual({
      ...repository.files(at.good),
      'apps/other/deployment.yaml': 'image: o2',
    });
  });

  test('several commits between the promoted and the failed position are undone together', async () => {
    const at = failedRelease();
    const last = repository.commit({ 'apps/podinfo/service.yaml': 'port: 81\n' }, { message: 'port' });
    const answer = await plan({ ...at, failed: last });
    expect(planned(answer)).toEqual(repository.files(at.good));
    expect(answer.verdict === 'Reverted' && answer.undone).toEqual([
      { commit: last, subject: 'port' },
      { commit: at.failed, subject: 'bump podinfo to v2' },
    ]);
  });

  test('files that the change added go, files that it removed come back', async () => {
    const at = failedRelease({ 'apps/podinfo/new/hpa.yaml': 'max: 3\n', 'apps/podinfo/service.yaml': null });
    const answer = await plan(at);
    expect(planned(answer)).toEqual(repository.files(at.good));
    expect(answer.files).toEqual(['apps/podinfo/new/hpa.yaml', 'apps/podinfo/service.yaml']);
  });

  test('a merge commit needs no choice of a parent', async () => {
    const good = repository.commit({ [file]: manifest('v1'), 'README.md': '1\n' });
    const side = repository.commit({ [file]: manifest('v2') }, { branch: 'side', from: good });
    const main = repository.commit({ 'README.md': '2\n' });
    const failed = repository.commit({ [file]: manifest('v2') }, { merge: [side], message: 'Merge side' });
    const answer = await plan({ good, failed });
    expect(planned(answer)).toEqual({ ...repository.files(main) });
    expect(answer.verdict === 'Reverted' && answer.undone.map(commit => commit.subject)).toEqual([
      'Merge side',
    ]);
  });

  test('the path may be one file, and may be the root', async () => {
    const at = failedRelease();
    expect(planned(await plan(at, { path: file }))).toEqual(repository.files(at.good));
    expect(planned(await plan(at, { path: '', allowedPaths: ['**'] }))).toEqual(repository.files(at.good));
  });

  test('names with blanks, quotes and letters of all languages are names like others', async () => {
    const odd = `apps/podinfo/ä b"c'$(x);*?[a].yaml`;
    const good = repository.commit({ [odd]: 'a\n' });
    const failed = repository.commit({ [odd]: 'b\n' });
    const answer = await plan({ good, failed });
    expect(planned(answer)).toEqual({ [odd]: 'a' });
    expect(answer.files).toEqual([odd]);
    expect(planned(await plan({ good, failed }, { path: odd }))).toEqual({ [odd]: 'a' });
  });

  test('a force push that dropped only commits of others changes nothing', async () => {
    const good = repository.commit({ [file]: manifest('v1') });
    const bump = repository.commit({ [file]: manifest('v2') });
    const dropped = repository.commit({ 'README.md': 'oops\n' });
    repository.commit({ 'README.md': 'right\n' }, { from: bump });
    expect(planned(await plan({ good, failed: dropped }))).toEqual({
      ...repository.files(good),
      'README.md': 'right',
    });
  });
});

describe('AlreadyReverted', () => {
  test('the trailer of this rollback stands in the branch', async () => {
    const at = failedRelease();
    const revert = repository.commit(
      { [file]: manifest('v1') },
      { message: 'Revert\n\nRollback-Id: id-1\n' },
    );
    repository.commit({ [file]: manifest('v3') });
    expect(await plan(at)).toMatchObject({ verdict: 'AlreadyReverted', commit: revert });
  });

  test('the trailer came in through a merged branch', async () => {
    const at = failedRelease();
    const side = repository.commit(
      { [file]: manifest('v1') },
      { branch: 'side', from: at.failed, message: 'Revert\n\nRollback-Id: id-1\n' },
    );
    repository.commit({ [file]: manifest('v3') }, { merge: [side] });
    expect(await plan(at)).toMatchObject({ verdict: 'AlreadyReverted', commit: side });
  });

  test('a person restored the contents', async () => {
    const at = failedRelease();
    const human = repository.commit({ [file]: manifest('v1') }, { message: 'back to v1' });
    repository.commit({ 'README.md': 'x\n' });
    expect(await plan(at)).toMatchObject({ verdict: 'AlreadyReverted', commit: human });
  });

  test('a person restored what had changed and also changed something else', async () => {
    const at = failedRelease();
    repository.commit({ [file]: manifest('v1'), 'apps/podinfo/service.yaml': 'port: 99\n' });
    expect(await plan(at)).toMatchObject({ verdict: 'AlreadyReverted' });
  });

  test('the id quoted in the text of a message is no trailer', async () => {
    const at = failedRelease();
    repository.commit({ 'README.md': 'x\n' }, { message: 'Talk\n\nRollback-Id: id-1\n\nis what I mean.\n' });
    expect(await plan(at)).toMatchObject({ verdict: 'Reverted' });
  });
});

describe('Superseded and Conflict', () => {
  test('a newer release replaced the failed lines', async () => {
    const at = failedRelease();
    repository.commit({ [file]: manifest('v3') });
    expect(await plan(at)).toMatchObject({ verdict: 'Superseded', files: [file] });
  });

  test('the file or the folder was removed since', async () => {
    const at = failedRelease();
    repository.commit({ [file]: null });
    expect(await plan(at)).toMatchObject({ verdict: 'Superseded', files: [file] });
    repository.commit({ 'apps/podinfo/service.yaml': null });
    expect(await plan(at)).toMatchObject({ verdict: 'Superseded' });
  });

  test('the lines beside the failed one changed, which itself is still there', async () => {
    const at = failedRelease();
    repository.commit({ [file]: manifest('v2').replace('port: 1', 'port: 2') });
    expect(await plan(at)).toMatchObject({ verdict: 'Conflict', files: [file] });
  });

  test('one file conflicts: the others are not reverted without it', async () => {
    const at = failedRelease({ [file]: manifest('v2'), 'apps/podinfo/service.yaml': 'port: 81\n' });
    repository.commit({ [file]: manifest('v2').replace('port: 1', 'port: 2') });
    expect(await plan(at)).toMatchObject({ verdict: 'Conflict', files: [file] });
  });

  test('a file that the failed change added was changed since', async () => {
    const at = failedRelease({ 'apps/podinfo/hpa.yaml': 'min: 1\nmax: 3\n' });
    repository.commit({ 'apps/podinfo/hpa.yaml': 'min: 1\nmax: 4\n' });
    expect(await plan(at)).toMatchObject({ verdict: 'Conflict', files: ['apps/podinfo/hpa.yaml'] });
  });

  test('a folder became a file', async () => {
    const at = failedRelease();
    repository.commit({ [file]: null, 'apps/podinfo/service.yaml': null, [path]: 'a file now\n' });
    expect(await plan(at)).toMatchObject({ verdict: 'Superseded' });
  });
});

describe('NotCausedByGit and HistoryRewritten', () => {
  test('nothing changed in the path', async () => {
    const at = failedRelease({ 'README.md': 'x\n' });
    expect(await plan(at)).toMatchObject({ verdict: 'NotCausedByGit', files: [] });
  });

  test('the failed commit is no longer in the branch', async () => {
    const at = failedRelease();
    const request = { failed: repository.position(path, at.failed) };
    repository.commit({ [file]: manifest('v4') }, { from: at.good });
    expect(await plan(at, request)).toMatchObject({ verdict: 'HistoryRewritten' });
  });

  test('the failed commit is unknown altogether', async () => {
    const at = failedRelease();
    const gone = { head: 'a'.repeat(40), commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
    expect(await plan(at, { failed: gone })).toMatchObject({ verdict: 'HistoryRewritten' });
    expect(await plan(at, { good: gone })).toMatchObject({ verdict: 'HistoryRewritten' });
  });

  test('the good position is younger than the failed one', async () => {
    const at = failedRelease();
    expect(await plan({ good: at.failed, failed: at.good })).toMatchObject({ verdict: 'HistoryRewritten' });
  });
});

describe('ScopeViolation', () => {
  test('a file of the difference is not allowed', async () => {
    const at = failedRelease({ [file]: manifest('v2'), 'apps/podinfo/rbac/role.yaml': 'all\n' });
    const answer = await plan(at, { allowedPaths: ['apps/*/*.yaml'] });
    expect(answer).toMatchObject({ verdict: 'ScopeViolation' });
    expect(answer.files).toContain('apps/podinfo/rbac/role.yaml');
  });

  test('more files than allowed', async () => {
    const at = failedRelease({ [file]: manifest('v2'), 'apps/podinfo/service.yaml': 'port: 81\n' });
    const limits = { revertsPerHour: 10, maxFiles: 1 };
    expect(await plan(at, { limits })).toMatchObject({ verdict: 'ScopeViolation' });
    expect(await plan(at, { limits: { ...limits, maxFiles: 2 } })).toMatchObject({ verdict: 'Reverted' });
  });

  test.each<[string, Files]>([
    ['a symbolic link was added', { 'apps/podinfo/link': { link: '/etc/passwd' } }],
    ['a file became a symbolic link', { [file]: { link: '../other/deployment.yaml' } }],
    ['a submodule was added', { 'apps/podinfo/module': { submodule: 'c'.repeat(40) } }],
    ['the folder became a submodule', { [path]: { submodule: 'c'.repeat(40) } }],
  ])('%s', async (_, change) => {
    expect(await plan(failedRelease(change))).toMatchObject({ verdict: 'ScopeViolation' });
  });

  test('the folder is a symbolic link at the head', async () => {
    const at = failedRelease();
    repository.commit({ [file]: null, 'apps/podinfo/service.yaml': null, [path]: { link: '../.github' } });
    expect(await plan(at)).toMatchObject({ verdict: 'ScopeViolation' });
  });
});

describe('Held', () => {
  test('the change that failed is itself a revert by Siskin', async () => {
    const at = failedRelease();
    const revert = repository.commit(
      { [file]: manifest('v1', 3) },
      { message: 'Revert "bump"\n\nRollback-Id: earlier\n' },
    );
    const answer = await plan({ good: at.failed, failed: revert });
    expect(answer).toMatchObject({ verdict: 'Held' });
    expect(answer.message).toContain('itself a revert');
  });

  test('a revert by Siskin inside of the range does not hold what failed after it', async () => {
    const at = failedRelease();
    repository.commit({ [file]: manifest('v1') }, { message: 'Revert "bump"\n\nRollback-Id: earlier\n' });
    const failed = repository.commit({ [file]: manifest('v3') });
    expect(planned(await plan({ good: at.good, failed }))).toEqual(repository.files(at.good));
  });

  test('what was recorded as promoted is not what the path holds at that commit', async () => {
    const at = failedRelease();
    const good = { ...repository.position(path, at.good), tree: 'd'.repeat(40) };
    expect(await plan(at, { good })).toMatchObject({ verdict: 'Held' });
  });

  test('as many reverts as allowed lie in the last hour, counted by trailers', async () => {
    const now = 1_800_000_000;
    const at = failedRelease();
    for (const [index, time] of [now - 7200, now - 3000, now - 60].entries()) {
      const message = `Revert\n\nRollback-Id: other-${index}\n`;
      repository.commit({ 'README.md': `${index}\n` }, { message, time });
    }
    const at3 = (revertsPerHour: number): Promise<RevertPlan | NoRevert> =>
      plan(at, { now: now * 1000, limits: { revertsPerHour, maxFiles: 20 } });
    expect(await at3(2)).toMatchObject({ verdict: 'Held', files: [file] });
    expect(await at3(3)).toMatchObject({ verdict: 'Reverted' });
    expect(await at3(0)).toMatchObject({ verdict: 'Held' });
  });
});
