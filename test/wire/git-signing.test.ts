import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RepositoryAccess } from '../../src/git/port.ts';
import { createGitRepository } from '../../src/git/repository.ts';
import { accessTo, createRepository, realClock, revertOf, temporaryFolder } from './git-fixture.ts';
import { watchProcesses } from './process-watch.ts';

const path = 'apps/podinfo';
const email = 'siskin@example.com';
const passphrase = 'open sesame, please';

let folder: ReturnType<typeof temporaryFolder>;
let gnupg: string;
const openPgpKeys = new Map<string, Buffer>();

beforeAll(() => {
  folder = temporaryFolder();
  for (const [name, type, words] of [
    ['ed25519', 'ed25519', ''],
    ['rsa', 'rsa', ''],
    ['locked', 'ed25519', passphrase],
    ['stranger', 'ed25519', ''],
  ] as const) {
    const file = join(folder.path, name);
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', words, '-C', name, '-f', file]);
  }
  const signers = ['ed25519', 'rsa', 'locked'].map(
    name => `${email} namespaces="git" ${readFileSync(join(folder.path, `${name}.pub`), 'utf8')}`,
  );
  writeFileSync(join(folder.path, 'allowed_signers'), signers.join(''));

  gnupg = join(folder.path, 'gnupg');
  mkdirSync(gnupg, { mode: 0o700 });
  for (const [name, algorithm, words] of [
    ['ed25519', 'ed25519', ''],
    ['rsa', 'rsa2048', ''],
    ['locked', 'ed25519', passphrase],
  ] as const) {
    const user = `${name} <${email}>`;
    gpg('--passphrase', words, '--quick-gen-key', user, algorithm, 'sign', 'never');
    openPgpKeys.set(name, gpg('--passphrase', words, '--armor', '--export-secret-keys', `=${user}`));
  }
});
afterAll(() => {
  execFileSync('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
  folder[Symbol.dispose]();
});

function gpg(...args: string[]): Buffer {
  const options = ['--homedir', gnupg, '--batch', '--yes', '--pinentry-mode', 'loopback'];
  return execFileSync('gpg', [...options, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

function ssh(name: string, more: Record<string, string> = {}): NonNullable<RepositoryAccess['signing']> {
  return { format: 'SSH', secret: { identity: readFileSync(join(folder.path, name)), ...buffers(more) } };
}

function openPgp(name: string, more: Record<string, string> = {}): NonNullable<RepositoryAccess['signing']> {
  return {
    format: 'OpenPGP',
    secret: { 'git.asc': openPgpKeys.get(name) ?? Buffer.of(), ...buffers(more) },
  };
}

function buffers(values: Record<string, string>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value)]));
}

let repositories = 0;

/** A release that failed, and its revert with this key. */
async function revertWith(signing: RepositoryAccess['signing']) {
  const home = join(folder.path, `${repositories++}`);
  const remote = createRepository(join(home, 'remote.git'));
  const good = remote.commit({ 'apps/podinfo/d.yaml': 'image: v1\n' });
  const failed = remote.commit({ 'apps/podinfo/d.yaml': 'image: v2\n' }, { message: 'bump podinfo' });
  const cacheDir = join(home, 'cache');
  const access = accessTo(`file://${remote.folder}`, signing === undefined ? {} : { signing });
  const positions = { good: remote.position(path, good), failed: remote.position(path, failed) };
  const git = createGitRepository({ cacheDir, clock: realClock, allowFileUrls: true });
  const outcome = await git.revert(revertOf(access, positions)).then(
    result => ({ result, error: undefined }),
    (error: unknown) => ({ result: undefined, error }),
  );
  return { ...outcome, remote, failed, cacheDir };
}

/** What git itself thinks of the head's signature. */
function verify(repository: string): string {
  return execFileSync(
    'git',
    [
      '-c',
      `gpg.ssh.allowedSignersFile=${join(folder.path, 'allowed_signers')}`,
      'verify-commit',
      '--raw',
      'main',
    ],
    {
      cwd: repository,
      env: { PATH: process.env.PATH ?? '', GNUPGHOME: gnupg, HOME: '/nonexistent' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

test.each<[string, () => NonNullable<RepositoryAccess['signing']>]>([
  ['an Ed25519 key of SSH', () => ssh('ed25519')],
  ['an RSA key of SSH', () => ssh('rsa')],
  ['a locked key of SSH', () => ssh('locked', { passphrase: `${passphrase}\n` })],
  ['a locked key of SSH with the key name of Flux', () => ssh('locked', { password: passphrase })],
  ['an Ed25519 key of OpenPGP', () => openPgp('ed25519')],
  ['an RSA key of OpenPGP', () => openPgp('rsa')],
  ['a locked key of OpenPGP', () => openPgp('locked', { passphrase: `${passphrase}\n` })],
])('%s: git verifies the signature, and all else of the commit is as without it', async (_, signing) => {
  const signed = await revertWith(signing());
  expect(signed.error).toBeUndefined();
  expect(signed.result).toMatchObject({ verdict: 'Reverted', commit: signed.remote.head() });
  expect(() => verify(signed.remote.folder)).not.toThrow();
  signed.remote.git(['fsck', '--strict']);

  const plain = await revertWith(undefined);
  const content = (remote: typeof plain.remote): string =>
    remote.git(['log', '-1', '--format=%T%n%P%n%an %ae %at%n%cn %ce %ct%n%B', 'main']);
  expect(content(signed.remote)).toBe(content(plain.remote));
  expect(() => verify(plain.remote.folder)).toThrow();
});

test('a signature of a key that nobody allowed is told by git', async () => {
  const { remote } = await revertWith(ssh('stranger'));
  expect(() => verify(remote.folder)).toThrow(/No principal matched/u);
});

test('every replica makes the same signed commit with an SSH key', async () => {
  const [one, other] = [await revertWith(ssh('ed25519')), await revertWith(ssh('ed25519'))];
  expect(one.result?.commit).toBe(other.result?.commit);
});

test.each<[string, () => NonNullable<RepositoryAccess['signing']>, RegExp]>([
  [
    'a wrong passphrase (SSH)',
    () => ssh('locked', { passphrase: 'wrong-passphrase' }),
    /incorrect passphrase/iu,
  ],
  ['a locked key without passphrase (SSH)', () => ssh('locked'), /passphrase/iu],
  ['garbage (SSH)', () => ({ format: 'SSH', secret: buffers({ identity: 'garbage-key' }) }), /format|key/iu],
  ['no key (SSH)', () => ({ format: 'SSH', secret: {} }), /identity/u],
  [
    'a wrong passphrase (OpenPGP)',
    () => openPgp('locked', { passphrase: 'wrong-passphrase' }),
    /passphrase/iu,
  ],
  ['a locked key without passphrase (OpenPGP)', () => openPgp('locked'), /passphrase/iu],
  [
    'garbage (OpenPGP)',
    () => ({ format: 'OpenPGP', secret: buffers({ 'git.asc': 'garbage-key' }) }),
    /armor/iu,
  ],
  ['no key (OpenPGP)', () => ({ format: 'OpenPGP', secret: {} }), /git\.asc/u],
])('%s: nothing is pushed, and the error names the cause but no secret', async (_, signing, words) => {
  const { error, remote, failed } = await revertWith(signing());
  expect(error).toMatchObject({
    code: 'SigningFailed',
    transient: false,
    message: expect.stringMatching(words),
  });
  expect(String(error)).toContain('ManifestRepository manifests');
  expect(String(error)).not.toMatch(/wrong-passphrase|garbage-key/u);
  expect(remote.head()).toBe(failed);
});

test('key and passphrase stand in no argument and no environment, and no file outlives the call', async () => {
  for (const signing of [ssh('locked', { passphrase }), openPgp('locked', { passphrase })]) {
    const watch = watchProcesses();
    const { result, cacheDir } = await revertWith(signing);
    const seen = await watch.stop();
    expect(result?.verdict).toBe('Reverted');
    const lines = (signing.secret['identity'] ?? signing.secret['git.asc'] ?? Buffer.of())
      .toString()
      .split('\n');
    const longest = lines.reduce((one, line) => (line.length > one.length ? line : one), '');
    for (const secret of [passphrase, longest]) {
      expect(seen).not.toContain(secret);
      for (const content of contents(cacheDir)) expect(content).not.toContain(secret);
    }
    expect(readdirSync(join(cacheDir, 'work'))).toEqual([]);
  }
});

/** Every file below a folder, with its content. */
function contents(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
}
