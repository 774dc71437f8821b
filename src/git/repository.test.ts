import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  accessTo,
  createRepository,
  realClock,
  revertOf,
  type TestRepository,
  temporaryFolder,
} from '../../test/wire/git-fixture.ts';
import type { GitRepository, RepositoryAccess } from './port.ts';
import { createGitRepository, type GitRepositoryDependencies } from './repository.ts';

vi.setConfig({ testTimeout: 60_000 });

let folder: ReturnType<typeof temporaryFolder>;
let remote: TestRepository;
let cacheDir: string;
let access: RepositoryAccess;

beforeEach(() => {
  folder = temporaryFolder();
  remote = createRepository(join(folder.path, 'remote.git'));
  cacheDir = join(folder.path, 'a cache');
  access = accessTo(`file://${remote.folder}`);
});
afterEach(() => {
  folder[Symbol.dispose]();
});

function open(changes: Partial<GitRepositoryDependencies> = {}): GitRepository {
  return createGitRepository({ cacheDir, clock: realClock, allowFileUrls: true, ...changes });
}

const path = 'apps/podinfo';

function release(): { good: string; failed: string } {
  const good = remote.commit({ 'apps/podinfo/d.yaml': 'image: v1\n', 'apps/other/d.yaml': 'image: o1\n' });
  return {
    good,
    failed: remote.commit({ 'apps/podinfo/d.yaml': 'image: v2\n' }, { message: 'bump podinfo to v2' }),
  };
}

function positions(at: { good: string; failed: string }): Parameters<typeof revertOf>[1] {
  return { good: remote.position(path, at.good), failed: remote.position(path, at.failed) };
}

function mirror(): string {
  return join(cacheDir, 'mirrors', readdirSync(join(cacheDir, 'mirrors'))[0] ?? '');
}

describe('locate', () => {
  test('tells head, last change and tree of a folder and of a file, at the head and at a commit', async () => {
    const repository = open();
    const { good, failed } = release();
    remote.commit({ 'README.md': 'x\n' });
    const at = (path: string, commit?: string) =>
      repository.locate(access, { branch: 'main', path, ...(commit === undefined ? {} : { commit }) });
    expect(await at('./apps/podinfo/')).toEqual(remote.position(path));
    expect((await at(path)).commit).toBe(failed);
    expect(await at('apps/podinfo/d.yaml')).toEqual(remote.position('apps/podinfo/d.yaml'));
    expect(await at(path, good)).toEqual(remote.position(path, good));
  });

  test('a look that comes late takes the branch as it was, not what was pushed since', async () => {
    const repository = open();
    const { good, failed } = release();
    const before = Number(remote.git(['log', '-1', '--format=%ct', failed])) * 1_000;
    const next = remote.commit({ 'apps/podinfo/d.yaml': 'image: v3\n' }, { time: before / 1_000 + 60 });
    const at = (commit?: string) => {
      const late = { branch: 'main', path, before: before + 5_000 };
      return repository.locate(access, { ...late, ...(commit === undefined ? {} : { commit }) });
    };
    expect(await at()).toEqual(remote.position(path, failed));
    expect(await at(next), 'though the agent has applied it by now').toEqual(remote.position(path, failed));
    expect(await at(good), 'since the agent is behind').toEqual(remote.position(path, good));
  });

  test('refuses a commit that is not on the branch, a missing path, a link and what is not allowed', async () => {
    const repository = open();
    const { good } = release();
    const side = remote.commit({ 'README.md': 'x\n' }, { branch: 'side', from: good });
    remote.commit({ 'apps/link': { link: '/etc' } });
    const at = (path: string, commit?: string) =>
      repository.locate(access, { branch: 'main', path, ...(commit === undefined ? {} : { commit }) });
    await expect(at(path, side)).rejects.toMatchObject({ code: 'InvalidRequest', transient: false });
    await expect(at('apps/nothing')).rejects.toMatchObject({ code: 'PathMissing' });
    await expect(at('apps/link')).rejects.toMatchObject({ code: 'PathNotAllowed' });
    await expect(at('clusters/prod')).rejects.toMatchObject({ code: 'PathNotAllowed' });
    await expect(at('../etc')).rejects.toMatchObject({ code: 'InvalidRequest' });
    await expect(repository.locate(access, { branch: 'side', path })).rejects.toMatchObject({
      code: 'InvalidRequest',
    });
  });
});

describe('revert', () => {
  test('writes one commit with subject, reason and trailers, and the same one from every replica', async () => {
    const at = release();
    const other = remote.commit({ 'apps/other/d.yaml': 'image: o2\n' });
    const request = revertOf(access, positions(at));
    const result = await open().revert(request);

    expect(result).toMatchObject({
      verdict: 'Reverted',
      commit: remote.head(),
      files: ['apps/podinfo/d.yaml'],
    });
    expect(remote.files()).toEqual({ 'apps/podinfo/d.yaml': 'image: v1', 'apps/other/d.yaml': 'image: o2' });
    expect(remote.git(['log', '-1', '--format=%P|%an <%ae> %at|%cn <%ce> %ct', 'main'])).toBe(
      `${other}|siskin <siskin@example.com> 1700100000|siskin <siskin@example.com> 1700100000`,
    );
    expect(remote.git(['log', '-1', '--format=%B', 'main'])).toBe(
      [
        'Revert "bump podinfo to v2"',
        '',
        `This reverts commit ${at.failed} (only apps/podinfo).`,
        '',
        'success-rate was 91.2, below 99, at weight 20.',
        '',
        'Rollback-Id: 9f2c51d0a7b34e68',
        `Rollback-Of: ${at.failed}`,
        'Siskin-Canary: shop/podinfo',
        'Siskin-Revision: 6d5f7b9c',
        'Signed-off-by: siskin <siskin@example.com>',
        '',
      ].join('\n'),
    );

    remote.git(['update-ref', 'refs/heads/main', other]);
    const again = await open({ cacheDir: join(folder.path, 'elsewhere') }).revert(request);
    expect(again.commit).toBe(result.commit);
    expect(await open().revert(request)).toMatchObject({
      verdict: 'AlreadyReverted',
      commit: result.commit ?? '',
    });
  });

  test('says what applied the change, where that is known', async () => {
    const evidence = 'Kustomization flux-system/apps at main@sha1:0\n\nRollback-Id: forged';
    await open().revert(revertOf(access, positions(release()), { evidence }));
    const body = remote.git(['log', '-1', '--format=%B', 'main']);
    expect(body).toContain('It was applied by Kustomization flux-system/apps at main@sha1:0');
    expect(body).not.toMatch(/^Rollback-Id: forged/mu);
  });

  test('a reason cannot forge trailers or carry control characters into the log', async () => {
    const reason = 'bad\u001B[31m\n\nRollback-Id: forged\nSiskin-Canary: other/app';
    await open().revert(revertOf(access, positions(release()), { reason }));
    const trailers = remote.git(['log', '-1', '--format=%(trailers:only)', 'main']);
    expect(trailers).not.toContain('forged');
    expect(remote.git(['log', '-1', '--format=%B', 'main'])).not.toContain('\u001B');
  });

  test('a dry run tells the commit and leaves the branch alone', async () => {
    const at = release();
    const result = await open().revert(revertOf(access, positions(at), { mode: 'DryRun' }));
    expect(result).toMatchObject({ verdict: 'Reverted', files: ['apps/podinfo/d.yaml'] });
    expect(remote.head()).toBe(at.failed);
    const real = await open().revert(revertOf(access, positions(at)));
    expect(real.commit).toBe(result.commit);
  });

  test('mayPush holds the revert', async () => {
    const at = release();
    const why = 'Git writes are suspended.';
    const mayPush = () => Promise.resolve({ allowed: false, why } as const);
    const result = await open().revert(revertOf(access, positions(at), { mayPush }));
    expect(result).toMatchObject({ verdict: 'Held', message: why });
    expect(remote.head()).toBe(at.failed);
  });

  test('a foreign push between fetch and push is kept, and what it did is planned anew', async () => {
    const at = release();
    let pushes = 0;
    const mayPush = () => {
      if (pushes++ < 3) remote.commit({ 'apps/other/d.yaml': `image: race${pushes}\n` });
      return Promise.resolve({ allowed: true } as const);
    };
    const result = await open().revert(revertOf(access, positions(at), { mayPush }));
    expect(result.verdict).toBe('Reverted');
    expect(remote.files()).toEqual({
      'apps/podinfo/d.yaml': 'image: v1',
      'apps/other/d.yaml': 'image: race3',
    });
    expect(remote.git(['rev-list', '--count', 'main'])).toBe('6');
  });

  test('a person who reverts between fetch and push makes a second revert needless', async () => {
    const at = release();
    let human = '';
    const mayPush = () => {
      human ||= remote.commit({ 'apps/podinfo/d.yaml': 'image: v1\n' });
      return Promise.resolve({ allowed: true } as const);
    };
    const result = await open().revert(revertOf(access, positions(at), { mayPush }));
    expect(result).toMatchObject({ verdict: 'AlreadyReverted', commit: human });
    expect(remote.head()).toBe(human);
  });

  test('a hook of the server that declines is told in its own words, once', async () => {
    const at = release();
    mkdirSync(join(remote.folder, 'hooks'));
    const hook = join(remote.folder, 'hooks', 'pre-receive');
    writeFileSync(
      hook,
      '#!/bin/sh\necho x >> count\necho "main is protected, open a pull request" >&2\nexit 1\n',
    );
    chmodSync(hook, 0o755);
    await expect(open().revert(revertOf(access, positions(at)))).rejects.toMatchObject({
      code: 'BranchProtected',
      transient: false,
      message: expect.stringContaining('main is protected, open a pull request'),
    });
    expect(readFileSync(join(remote.folder, 'count'), 'utf8')).toBe('x\n');
    expect(remote.head()).toBe(at.failed);
  });

  test('four applications on one mirror at once: one commit each, none lost', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const all = (tag: string) =>
      Object.fromEntries(names.map(name => [`apps/${name}/d.yaml`, `image: ${tag}\n`]));
    const good = remote.commit(all('v1'));
    const failed = remote.commit(all('v2'), { message: 'bump all' });
    const repository = open();
    const results = await Promise.all(
      names.map(name =>
        repository.revert(
          revertOf(
            access,
            {
              good: remote.position(`apps/${name}`, good),
              failed: remote.position(`apps/${name}`, failed),
            },
            { path: `apps/${name}`, rollbackId: `id-${name}`, canary: { namespace: 'shop', name } },
          ),
        ),
      ),
    );
    expect(results.map(result => result.verdict)).toEqual(names.map(() => 'Reverted'));
    expect(remote.files()).toEqual(remote.files(good));
    expect(remote.git(['rev-list', '--count', 'main'])).toBe('6');
  });
});

describe('the mirror', () => {
  test('holds no remote, no credentials and no blob that was not needed', async () => {
    const at = release();
    const repository = open();
    await repository.locate(access, { branch: 'main', path });
    expect(readFileSync(join(mirror(), 'config'), 'utf8')).not.toContain('remote');
    const listed = remote.git(['rev-parse', `${at.failed}:apps/other/d.yaml`]);
    const blobs = remote.git(['--git-dir', mirror(), 'cat-file', '--batch-all-objects', '--batch-check']);
    expect(blobs).not.toContain(listed);
  });

  test.each<[string, (mirror: string) => void]>([
    ['is gone', mirror => rmSync(mirror, { recursive: true })],
    [
      'has locks of a killed process',
      mirror => {
        writeFileSync(join(mirror, 'refs', 'siskin', 'head.lock'), '');
        writeFileSync(join(mirror, 'config.lock'), '');
        writeFileSync(join(mirror, 'packed-refs.lock'), '');
        writeFileSync(join(mirror, 'objects', 'pack', 'tmp_pack_x'), 'half');
      },
    ],
    [
      'has packs cut off',
      mirror => {
        for (const name of readdirSync(join(mirror, 'objects', 'pack'))) {
          const file = join(mirror, 'objects', 'pack', name);
          chmodSync(file, 0o600);
          writeFileSync(file, readFileSync(file).subarray(0, 40));
        }
      },
    ],
    ['lost its packs', mirror => rmSync(join(mirror, 'objects', 'pack'), { recursive: true })],
    ['has a broken ref', mirror => writeFileSync(join(mirror, 'refs', 'siskin', 'head'), 'garbage\n')],
    ['has a broken config', mirror => writeFileSync(join(mirror, 'config'), '[core\n')],
    [
      'has a ref to nowhere',
      mirror => writeFileSync(join(mirror, 'refs', 'siskin', 'head'), `${'e'.repeat(40)}\n`),
    ],
  ])('%s: the revert is made all the same', async (_, damage) => {
    const at = release();
    const repository = open();
    await repository.locate(access, { branch: 'main', path });
    damage(mirror());
    const result = await repository.revert(revertOf(access, positions(at)));
    expect(result.verdict).toBe('Reverted');
    expect(remote.files()).toEqual(remote.files(at.good));
  });

  test('larger than allowed it is made anew', async () => {
    release();
    await open().locate(access, { branch: 'main', path });
    writeFileSync(join(mirror(), 'objects', 'ballast'), Buffer.alloc(200_000));
    await open({ limits: { mirrorBytes: 100_000 } }).locate(access, { branch: 'main', path });
    expect(existsSync(join(mirror(), 'objects', 'ballast'))).toBe(false);
  });

  test('what a killed process left in the work folder is removed at the start, and calls leave nothing', async () => {
    release();
    mkdirSync(join(cacheDir, 'work', 'old'), { recursive: true });
    writeFileSync(join(cacheDir, 'work', 'old', 'identity'), 'key');
    const repository = open();
    await repository.locate(access, { branch: 'main', path });
    expect(readdirSync(join(cacheDir, 'work'))).toEqual([]);
  });

  test('shutting down ends a call at once', async () => {
    release();
    await expect(
      open({ signal: AbortSignal.abort() }).locate(access, { branch: 'main', path }),
    ).rejects.toMatchObject({ code: 'Timeout' });
  });
});
