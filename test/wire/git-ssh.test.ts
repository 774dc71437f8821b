import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GitRepository, RepositoryAccess } from '../../src/git/port.ts';
import { createGitRepository } from '../../src/git/repository.ts';
import {
  accessTo,
  createRepository,
  realClock,
  revertOf,
  type TestRepository,
  temporaryFolder,
} from './git-fixture.ts';

const sshd = '/usr/sbin/sshd';
const path = 'apps/podinfo';

let folder: ReturnType<typeof temporaryFolder>;
let remote: TestRepository;
let server: ChildProcess;
let port: number;

beforeAll(async () => {
  if (!existsSync(sshd)) throw new Error(`${sshd} is missing; install the package openssh-server`);
  folder = temporaryFolder();
  remote = createRepository(join(folder.path, 'manifests.git'));
  for (const key of ['host', 'stranger', 'client', 'foreign']) makeKey(key, '');
  makeKey('locked', 'open sesame');
  const keys = ['client', 'locked'].map(key => readFileSync(join(folder.path, `${key}.pub`), 'utf8'));
  writeFileSync(join(folder.path, 'authorized_keys'), keys.join(''), { mode: 0o600 });
  port = await freePort();
  writeFileSync(
    join(folder.path, 'sshd_config'),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${join(folder.path, 'host')}`,
      `AuthorizedKeysFile ${join(folder.path, 'authorized_keys')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      '',
    ].join('\n'),
  );
  // sshd insists on this folder when it is started as root.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  server = spawn(sshd, ['-D', '-e', '-f', join(folder.path, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Server listening')) resolve();
    });
    server.on('exit', () => reject(new Error(`sshd ended: ${said}`)));
  });
});
afterAll(async () => {
  const ended = once(server, 'exit');
  server.kill();
  await ended;
  folder[Symbol.dispose]();
});

function makeKey(name: string, passphrase: string): void {
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    'ed25519',
    '-N',
    passphrase,
    '-C',
    name,
    '-f',
    join(folder.path, name),
  ]);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function knownHosts(key: string): Buffer {
  const [type, value] = readFileSync(join(folder.path, `${key}.pub`), 'utf8').split(' ');
  return Buffer.from(`[127.0.0.1]:${port} ${type} ${value}\n`);
}

function accessWith(secret: RepositoryAccess['secret']): RepositoryAccess {
  return accessTo(`ssh://${userInfo().username}@127.0.0.1:${port}${remote.folder}`, { secret });
}

function secretOf(key: string, host = 'host'): Record<string, Buffer> {
  return { identity: readFileSync(join(folder.path, key)), known_hosts: knownHosts(host) };
}

function open(): GitRepository {
  return createGitRepository({ cacheDir: join(folder.path, "it's a cache"), clock: realClock });
}

function locateWith(secret: RepositoryAccess['secret']) {
  return open().locate(accessWith(secret), { branch: 'main', path });
}

test('locates, reverts and pushes with a key, and leaves no key behind', async () => {
  const good = remote.commit({ 'apps/podinfo/d.yaml': 'image: v1\n' });
  const failed = remote.commit({ 'apps/podinfo/d.yaml': 'image: v2\n' });
  const result = await open().revert(
    revertOf(accessWith(secretOf('client')), {
      good: remote.position(path, good),
      failed: remote.position(path, failed),
    }),
  );
  expect(result).toMatchObject({ verdict: 'Reverted', commit: remote.head() });
  expect(remote.files()).toEqual({ 'apps/podinfo/d.yaml': 'image: v1' });
  expect(readdirSync(join(folder.path, "it's a cache", 'work'))).toEqual([]);
});

test('opens a key with its passphrase', async () => {
  const secret = { ...secretOf('locked'), password: Buffer.from('open sesame\n') };
  const position = await locateWith(secret);
  expect(position).toEqual(remote.position(path));
});

test('another host key than the known one, an unknown host, and a Secret without known_hosts', async () => {
  await expect(locateWith(secretOf('client', 'stranger'))).rejects.toMatchObject({ code: 'HostKeyMismatch' });
  const unknown = { ...secretOf('client'), known_hosts: Buffer.from('other.example.com ssh-ed25519 AAAA\n') };
  await expect(locateWith(unknown)).rejects.toMatchObject({ code: 'HostKeyMismatch', transient: false });
  const { known_hosts: _, ...without } = secretOf('client');
  await expect(locateWith(without)).rejects.toMatchObject({
    code: 'InvalidRequest',
    message: expect.stringContaining('known_hosts'),
  });
});

test('a key that the server does not know, a wrong passphrase and garbage', async () => {
  const secrets = [
    secretOf('foreign'),
    { ...secretOf('locked'), password: Buffer.from('wrong') },
    secretOf('locked'),
    { ...secretOf('client'), identity: Buffer.from('garbage') },
  ];
  for (const secret of secrets) {
    await expect(locateWith(secret)).rejects.toMatchObject({
      code: 'AuthenticationFailed',
    });
  }
});

test('a missing repository, and a server that is not there', async () => {
  const secret = secretOf('client');
  const missing = { ...accessWith(secret), url: accessWith(secret).url.replace('manifests', 'nothing') };
  await expect(open().locate(missing, { branch: 'main', path })).rejects.toMatchObject({
    code: 'RepositoryMissing',
  });
  const closed = { ...accessWith(secret), url: 'ssh://git@127.0.0.1:1/manifests.git' };
  await expect(open().locate(closed, { branch: 'main', path })).rejects.toMatchObject({
    code: 'Unreachable',
  });
});
