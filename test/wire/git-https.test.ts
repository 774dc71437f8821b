import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RepositoryAccess, RevertRequest } from '../../src/git/port.ts';
import { createGitRepository, type GitRepositoryDependencies } from '../../src/git/repository.ts';
import { accessTo, realClock, revertOf, temporaryFolder } from './git-fixture.ts';
import { type Fault, type GitRequest, type GitServer, startGitServer } from './git-server.ts';
import { watchProcesses } from './process-watch.ts';

let folder: ReturnType<typeof temporaryFolder>;
let server: GitServer;
let good: string;
let failed: string;

beforeEach(async () => {
  folder = temporaryFolder();
  server = await startGitServer(folder.path);
  good = server.repository.commit({
    'apps/podinfo/d.yaml': 'image: v1\n',
    'apps/other/d.yaml': 'image: o1\n',
  });
  failed = server.repository.commit({ 'apps/podinfo/d.yaml': 'image: v2\n' }, { message: 'bump podinfo' });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const path = 'apps/podinfo';

function open(changes: Partial<GitRepositoryDependencies> = {}) {
  return createGitRepository({ cacheDir: join(folder.path, 'cache'), clock: realClock, ...changes });
}

function access(changes: Partial<RepositoryAccess> = {}): RepositoryAccess {
  const secret = {
    username: Buffer.from(server.username),
    password: Buffer.from(`${server.password}\n`),
    'ca.crt': server.ca,
  };
  return accessTo(server.url, { secret, ...changes });
}

function request(changes: Partial<RevertRequest> = {}): RevertRequest {
  const positions = {
    good: server.repository.position(path, good),
    failed: server.repository.position(path, failed),
  };
  return revertOf(access(), positions, changes);
}

/** Fails the first requests of one kind. */
function failing(kind: GitRequest, fault: Fault, times = 1): void {
  let left = times;
  server.onRequest = seen => (seen === kind && left-- > 0 ? fault : undefined);
}

/** Lets nothing about the push be answered before the first plan is made, and `happens` just before it is. */
function afterThePlan(happens: (seen: GitRequest) => void): RevertRequest['mayPush'] {
  const planned = Promise.withResolvers<void>();
  server.onRequest = async seen => {
    if (seen === 'push-refs') await planned.promise;
    happens(seen);
    return undefined;
  };
  return () => {
    planned.resolve();
    return Promise.resolve({ allowed: true });
  };
}

function history(): string[] {
  return server.repository.git(['rev-list', '--first-parent', 'main']).split('\n');
}

test('clone, locate, revert and push with a password behind a private authority', async () => {
  const repository = open();
  expect(await repository.locate(access(), { branch: 'main', path })).toEqual(
    server.repository.position(path),
  );
  const other = server.repository.commit({ 'apps/other/d.yaml': 'image: o2\n' });
  const result = await repository.revert(request());
  expect(result.verdict).toBe('Reverted');
  expect(history()).toEqual([result.commit, other, failed, good]);
  expect(server.repository.files()).toEqual({
    'apps/podinfo/d.yaml': 'image: v1',
    'apps/other/d.yaml': 'image: o2',
  });
  expect(await repository.revert(request())).toMatchObject({
    verdict: 'AlreadyReverted',
    commit: result.commit ?? '',
  });
});

test('what the push must pack is there before it begins, loaded while the branch is fetched', async () => {
  const repository = open();
  await repository.locate(access(), { branch: 'main', path });
  server.repository.commit({ 'apps/other/d.yaml': 'image: o2\n' });
  server.requests.length = 0;
  expect((await repository.revert(request())).verdict).toBe('Reverted');
  expect(server.requests.slice(0, -1).toSorted()).toEqual([
    'fetch',
    'fetch',
    'fetch',
    'fetch-refs',
    'fetch-refs',
    'push-refs',
  ]);
  expect(server.requests.at(-1)).toBe('push');
});

test('the push has its refs before the branch is fetched', async () => {
  const listed = Promise.withResolvers<void>();
  server.onRequest = async kind => {
    if (kind === 'push-refs') listed.resolve();
    if (kind === 'fetch') await listed.promise;
    return undefined;
  };
  expect((await open().revert(request())).verdict).toBe('Reverted');
});

test('a verdict that pushes nothing waits for no push, and leaves no process', async () => {
  const repository = open();
  await repository.revert(request());
  failing('push-refs', 'hang', 9);
  expect((await repository.revert(request())).verdict).toBe('AlreadyReverted');
  expect(commandLines()).not.toContain('remote-https');
  server.requests.length = 0;
  failed = server.repository.commit({ 'apps/podinfo/d.yaml': 'image: v3\n' });
  expect((await repository.revert(request({ mode: 'DryRun', rollbackId: 'next' }))).verdict).toBe('Reverted');
  expect(server.requests).not.toContain('push-refs');
});

test('a branch that moves after the push listed it is planned anew', async () => {
  const foreign: string[] = [];
  let lists = 0;
  server.onRequest = kind => {
    if (kind === 'push-refs') lists += 1;
    if (kind === 'push' && foreign.length === 0)
      foreign.push(server.repository.commit({ 'apps/other/d.yaml': 'image: o2\n' }));
    return undefined;
  };
  const { commit } = await open().revert(request());
  expect(history()).toEqual([commit, ...foreign, failed, good]);
  expect({ lists, pushes: server.requests.filter(kind => kind === 'push').length }).toEqual({
    lists: 2,
    pushes: 2,
  });
});

/** Of every process of this machine that git started for this test. */
function commandLines(): string {
  return readdirSync('/proc')
    .filter(name => /^\d+$/u.test(name))
    .map(pid => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        return environment.includes(folder.path) ? readFileSync(`/proc/${pid}/cmdline`, 'latin1') : '';
      } catch {
        // It ended between listing and reading.
        return '';
      }
    })
    .join('\n');
}

test('a bearer token does as well', async () => {
  const bearerToken = Buffer.from(`${server.bearerToken}\n`);
  const position = await open().locate(access({ secret: { bearerToken, caFile: server.ca } }), {
    branch: 'main',
    path,
  });
  expect(position.head).toBe(failed);
});

function lines(image: string, replicas: number): string {
  return `image: ${image}\na\nb\nc\nd\ne\nreplicas: ${replicas}\n`;
}

test('blobs that both sides changed are loaded with the credentials', async () => {
  good = server.repository.commit({ 'apps/podinfo/d.yaml': lines('v3', 1) });
  failed = server.repository.commit({ 'apps/podinfo/d.yaml': lines('v4', 1) });
  server.repository.commit({ 'apps/podinfo/d.yaml': lines('v4', 5) });
  expect((await open().revert(request())).verdict).toBe('Reverted');
  expect(server.repository.files()['apps/podinfo/d.yaml']).toBe(lines('v3', 5).trimEnd());
});

function locateWith(secret: RepositoryAccess['secret']) {
  return open().locate(access({ secret }), { branch: 'main', path });
}

describe('refusals', () => {
  test('wrong, missing and incomplete credentials', async () => {
    const wrong = {
      username: Buffer.from('siskin-bot'),
      password: Buffer.from('wrong-password'),
      'ca.crt': server.ca,
    };
    await expect(locateWith(wrong)).rejects.toMatchObject({
      code: 'AuthenticationFailed',
      transient: false,
      message: expect.not.stringContaining('wrong-password'),
    });
    await expect(locateWith({ 'ca.crt': server.ca })).rejects.toMatchObject({ code: 'AuthenticationFailed' });
    await expect(locateWith({ username: Buffer.from('x') })).rejects.toMatchObject({
      code: 'InvalidRequest',
    });
    await expect(locateWith({ bearerToken: Buffer.from('a"\n\tb') })).rejects.toMatchObject({
      code: 'InvalidRequest',
    });
  });

  test('a certificate of an authority that is not the given one, or of none', async () => {
    const { 'ca.crt': _, ...login } = access().secret;
    const authorities: RepositoryAccess['secret'][] = [{ 'ca.crt': server.strangerCa }, {}];
    for (const ca of authorities) {
      const secret = { ...login, ...ca };
      await expect(locateWith(secret)).rejects.toMatchObject({
        code: 'CertificateInvalid',
      });
    }
    expect(server.requests).toEqual([]);
  });

  test('a missing branch, repository and path', async () => {
    const url = server.url.replace('manifests', 'nothing');
    const other = access({ branch: 'other' });
    await expect(open().locate(other, { branch: 'other', path })).rejects.toMatchObject({
      code: 'BranchMissing',
    });
    await expect(open().locate(access({ url }), { branch: 'main', path })).rejects.toMatchObject({
      code: 'RepositoryMissing',
    });
    await expect(open().locate(access(), { branch: 'main', path: 'apps/none' })).rejects.toMatchObject({
      code: 'PathMissing',
    });
  });

  test('a path outside of the allowed ones asks the server nothing', async () => {
    const outside = request({ path: 'clusters/prod' });
    await expect(open().revert(outside)).rejects.toMatchObject({ code: 'PathNotAllowed' });
    expect(server.requests).toEqual([]);
  });

  test.each<[Fault, string]>([
    [401, 'AuthenticationFailed'],
    [403, 'AuthenticationFailed'],
    [404, 'RepositoryMissing'],
    [302, 'RepositoryMissing'],
    [429, 'Unreachable'],
    [500, 'Unreachable'],
    ['drop-answer', 'Unreachable'],
    ['cut', 'Unreachable'],
  ])('%s while fetching is %s', async (fault, code) => {
    for (const kind of ['fetch-refs', 'fetch'] as const) {
      failing(kind, fault, 99);
      await expect(open().revert(request()), kind).rejects.toMatchObject({ code });
    }
    server.onRequest = () => undefined;
    expect((await open().revert(request())).verdict).toBe('Reverted');
  });

  test('a server that never answers is left at the deadline', async () => {
    for (const kind of ['fetch-refs', 'fetch'] as const) {
      failing(kind, 'hang', 99);
      const impatient = open({ limits: { commandTimeoutMs: 300 } });
      await expect(impatient.locate(access(), { branch: 'main', path })).rejects.toMatchObject({
        code: 'Timeout',
        transient: true,
      });
    }
  });

  test('a server that is gone is Unreachable', async () => {
    const gone = access();
    await server[Symbol.asyncDispose]();
    await expect(open().locate(gone, { branch: 'main', path })).rejects.toMatchObject({
      code: 'Unreachable',
    });
  });
});

describe('pushing', () => {
  test.each<[GitRequest, Fault]>([
    ['push-refs', 500],
    ['push-refs', 'drop-answer'],
    ['push', 500],
    ['push', 'cut'],
    ['push', 'drop-answer'],
    ['push', 'no-report'],
  ])('%s ends in %s: one revert, and it is known for ours', async (kind, fault) => {
    failing(kind, fault);
    const result = await open().revert(request());
    expect(result).toMatchObject({ verdict: 'Reverted', commit: server.repository.head() });
    expect(history()).toEqual([result.commit, failed, good]);
  });

  test('403 on push is about credentials and not tried again', async () => {
    failing('push-refs', 403, 99);
    await expect(open().revert(request())).rejects.toMatchObject({ code: 'AuthenticationFailed' });
    expect(server.requests.filter(seen => seen === 'push-refs')).toHaveLength(1);
    expect(server.repository.head()).toBe(failed);
  });

  test('a foreign push between the two requests of ours loses nothing', async () => {
    let left = 2;
    server.onRequest = seen => {
      if (seen === 'push' && left-- > 0)
        server.repository.commit({ 'apps/other/d.yaml': `image: race${left}\n` });
      return undefined;
    };
    const result = await open().revert(request());
    expect(result.verdict).toBe('Reverted');
    expect(history()).toHaveLength(5);
    expect(history()[0]).toBe(result.commit);
    expect(server.repository.files()).toEqual({
      'apps/podinfo/d.yaml': 'image: v1',
      'apps/other/d.yaml': 'image: race0',
    });
  });

  test.each<GitRequest>(['push-refs', 'push'])(
    'commits that somebody takes out of the branch before %s do not come back',
    async kind => {
      const foreign = server.repository.commit({ 'apps/other/d.yaml': 'image: oops\n' });
      let left = 1;
      const mayPush = afterThePlan(seen => {
        if (seen === kind && left-- > 0)
          server.repository.git(['update-ref', 'refs/heads/main', failed, foreign]);
      });
      const result = await open().revert(request({ mayPush }));
      expect(result.verdict).toBe('Reverted');
      expect(history()).toEqual([result.commit, failed, good]);
      expect(server.repository.files()['apps/other/d.yaml']).toBe('image: o1');
    },
  );

  test.each<GitRequest>(['push-refs', 'push'])(
    'a branch rewound beyond the failed change before %s is left as it is',
    async kind => {
      const mayPush = afterThePlan(seen => {
        if (seen === kind) server.repository.git(['update-ref', 'refs/heads/main', good]);
      });
      expect(await open().revert(request({ mayPush }))).toMatchObject({ verdict: 'HistoryRewritten' });
      expect(history()).toEqual([good]);
    },
  );

  test('a protected branch is told with the words of the server', async () => {
    mkdirSync(join(server.repository.folder, 'hooks'));
    const hook = join(server.repository.folder, 'hooks', 'pre-receive');
    writeFileSync(hook, `#!/bin/sh\necho "GH006: protected branch; not ${server.password}" >&2\nexit 1\n`);
    chmodSync(hook, 0o755);
    await expect(open().revert(request())).rejects.toMatchObject({
      code: 'BranchProtected',
      message: expect.stringMatching(/pre-receive hook declined.*GH006: protected branch; not \*\*\*/u),
    });
    expect(server.repository.head()).toBe(failed);
  });
});

/** Every file below a folder, with its content. */
function contents(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
}

test('secrets stand in no argument, no environment, no file and no message', async () => {
  const record = join(folder.path, 'record');
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  // In the place of git: writes down how it was called, and which files lie around at that moment.
  writeFileSync(
    join(bin, 'git'),
    `#!/bin/sh\n{ tr '\\0' '\\n' < /proc/$$/cmdline; env; grep -rs . '${folder.path}/cache/work'; } >> '${record}'\nexec /usr/bin/env PATH="\${PATH#*:}" git "$@"\n`,
  );
  chmodSync(join(bin, 'git'), 0o755);
  const watch = watchProcesses();
  const repository = open({ searchPath: `${bin}:${process.env.PATH}` });
  const result = await repository.revert(request());
  failing('fetch-refs', 500, 99);
  const error: unknown = await repository.revert(request()).catch((caught: unknown) => caught);
  const seen = await watch.stop();

  expect(result.verdict).toBe('Reverted');
  const basic = Buffer.from(`${server.username}:${server.password}`).toString('base64');
  const records = readFileSync(record, 'latin1');
  expect(records).toContain('remote.origin.url');
  expect(records).toContain('BEGIN CERTIFICATE');
  expect(seen).toContain('remote-https');
  for (const secret of [server.password, encodeURIComponent(server.password), basic]) {
    expect(records).not.toContain(secret);
    expect(seen).not.toContain(secret);
    expect(contents(join(folder.path, 'cache')).join('\n')).not.toContain(secret);
    expect(String(error)).not.toContain(secret);
  }
  expect(readdirSync(join(folder.path, 'cache', 'work'))).toEqual([]);
});
