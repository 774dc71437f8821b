import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RepositoryAccess, RevertRequest } from '../../src/git/port.ts';
import { createGitRepository } from '../../src/git/repository.ts';
import {
  accessTo,
  createRepository,
  type Files,
  realClock,
  revertOf,
  type TestRepository,
  temporaryFolder,
} from './git-fixture.ts';
import { watchProcesses } from './process-watch.ts';

let folder: ReturnType<typeof temporaryFolder>;
let remote: TestRepository;
let owned: string;

beforeEach(() => {
  folder = temporaryFolder();
  remote = createRepository(join(folder.path, 'remote.git'));
  owned = join(folder.path, 'owned');
});
afterEach(() => folder[Symbol.dispose]());

const path = 'apps/podinfo';
const secret = { username: Buffer.from('bot'), password: Buffer.from('hunter2-hunter2') };
const object = 'a'.repeat(40);
const positions = {
  good: { head: object, commit: object, tree: object },
  failed: { head: object, commit: object, tree: object },
};

interface Hostile {
  readonly access?: Partial<RepositoryAccess>;
  readonly request?: Partial<RevertRequest>;
}

const url = (text: string): Hostile => ({ access: { url: text } });
const branch = (name: string): Hostile => ({ access: { branch: name }, request: { branch: name } });
const at = (where: string): Hostile => ({ access: { allowedPaths: ['**'] }, request: { path: where } });
const allowed = (glob: string): Hostile => ({ access: { allowedPaths: [glob] } });
const commit = (name: string): Hostile => ({
  request: { failed: { head: name, commit: name, tree: object } },
});
const author = (name: string, email = 'siskin@example.com'): Hostile => ({
  access: { commit: { name, email } },
});

/** What each would do if it were believed stands beside it; `OWNED` is a file that must not come to be. */
const table: readonly (readonly [string, Hostile])[] = [
  ['a url that is an option', url('--upload-pack=touch OWNED')],
  ['a url that is an option of ssh', url('-oProxyCommand=touch OWNED')],
  ['a url of the transport helper ext', url('ext::sh -c touch% OWNED')],
  ['a url of ext in capitals', url('EXT::sh -c touch% OWNED')],
  ['a url of the transport helper fd', url('fd::17')],
  ['a url with a helper before https', url('ext::https://git.example.com/a.git')],
  ['a url of a local file', url('file:///etc')],
  ['a url that is a local path', url('/etc')],
  ['a url without encryption', url('http://git.example.com/a.git')],
  ['a url of the git protocol', url('git://git.example.com/a.git')],
  ['a host that is an option of ssh', url('ssh://-oProxyCommand=touch%20OWNED/a.git')],
  ['a user that is an option of ssh', url('ssh://-oProxyCommand=x@git.example.com/a.git')],
  ['a path that is an option of the server', url('ssh://git@git.example.com/--exec=x')],
  ["scp's form with an option", url('git@-oProxyCommand=x:a.git')],
  ['a url with a password', url('https://bot:hunter2-hunter2@git.example.com/a.git')],
  ['a url with another host behind a backslash', url('https://git.example.com\\@evil.example.com/a.git')],
  ['a url with a line break and a setting', url('https://git.example.com/a\n[core]\nsshCommand=x')],
  ['a url with an escaped line break', url('https://git.example.com/a%0a%0dHost:x')],
  ['a url with a null', url('https://git.example.com/a\u0000.git')],
  ['a url that is shown the wrong way round', url('https://git.example.com/\u202Etig.live')],
  ['a url with a command', url('https://git.example.com/$(touch OWNED)`touch OWNED`')],
  ['a url that climbs', url('https://git.example.com/acme/../../other.git')],
  ['a url that climbs in escapes', url('https://git.example.com/acme/%2e%2e/other.git')],
  ['a huge url', url(`https://git.example.com/${'a'.repeat(100_000)}`)],
  ['a branch that is an option', branch('--upload-pack=touch OWNED')],
  ['a branch that is a short option', branch('-f')],
  ['a branch that is a refspec', branch('main:refs/heads/prod')],
  ['a branch that forces', branch('+main')],
  ['a branch that is a revision', branch('main@{upstream}')],
  ['a branch of another namespace', branch('refs/pull/1/head')],
  ['a branch that climbs', branch('../../config')],
  ['a branch with a line break', branch('main\nowned')],
  ['a branch with letters of another alphabet', branch('m\u0430in')],
  ['a branch with an invisible letter', branch('ma\u200Bin')],
  ['a huge branch', branch('a'.repeat(100_000))],
  ['a path that climbs', at('apps/../../etc')],
  ['an absolute path', at('/etc/passwd')],
  ['a path into .git', at('apps/.git/hooks')],
  ['a path into .git by its name on Windows', at('apps/GIT~1/hooks')],
  ['a path into .git with a stream', at('apps/.git::$INDEX_ALLOCATION')],
  ['a path into .GIT with a dot', at('apps/.GIT./hooks')],
  ['a path that is an option', at('--output=OWNED')],
  ['a path with magic', at(':(exclude)apps')],
  ['a path with a null', at('apps\u0000')],
  ['a path with a backslash', at('apps\\..\\..')],
  ['a path in another normal form', at('apps/e\u0301')],
  ['a path with an invisible letter', at('apps/\u200Bpodinfo')],
  ['a huge path', at('a/'.repeat(50_000))],
  ['a glob that climbs', allowed('apps/../**')],
  ['a glob with braces', allowed('{apps,clusters}/**')],
  ['a glob of everything under .git', allowed('.git/**')],
  ['a commit that is an option', commit('--exec=touch OWNED')],
  ['a commit that is a revision', commit('HEAD~1')],
  ['a commit with a range', commit(`${object}..main`)],
  ['a commit with a line break', commit(`${object.slice(1)}\n`)],
  ['an author with another address', author('siskin <evil@example.com>')],
  ['an author with a line break and a header', author('siskin\ncommitter evil')],
  ['an author of nothing', author('...')],
  ['an address with a line break', author('siskin', 'a@b.example\nx')],
];

test('there are enough of them', () => {
  expect(table.length).toBeGreaterThanOrEqual(40);
});

test.each(table)('%s is refused before anything is run, and no secret is shown', async (_, hostile) => {
  const fill = (text: string): string => text.replaceAll('OWNED', owned);
  const changes = {
    ...hostile.access,
    ...(hostile.access?.url === undefined ? {} : { url: fill(hostile.access.url) }),
  };
  const access = accessTo('https://git.example.com/acme/manifests.git', { secret, ...changes });
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  for (const program of ['git', 'ssh', 'ssh-keygen', 'sh']) {
    writeFileSync(join(bin, program), `#!/bin/sh\n: > '${owned}'\nexit 1\n`);
    chmodSync(join(bin, program), 0o755);
  }
  const cacheDir = join(folder.path, 'cache');
  const git = createGitRepository({ cacheDir, clock: realClock, searchPath: bin });
  const request = revertOf(access, positions, hostile.request ?? {});
  const calls = [git.revert(request)];
  const { branch: on, path: where } = request;
  const look = { branch: on, path: where, commit: request.failed.commit };
  if (access.commit.name === 'siskin' && access.commit.email === 'siskin@example.com')
    calls.push(git.locate(access, look).then(() => git.revert(request)));
  for (const call of calls) {
    const error: unknown = await call.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'InvalidRequest', transient: false });
    const text = String(error);
    expect(text).toContain('ManifestRepository manifests');
    expect(text).not.toContain('hunter2');
    expect(text.length).toBeLessThan(700);
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
  expect(existsSync(owned)).toBe(false);
  expect(existsSync(join(cacheDir, 'mirrors'))).toBe(false);
});

/** A release that failed, with what a hostile developer put beside it. */
async function revertOn(
  good: Files,
  change: Files,
  text: { message?: string; reason?: string } = {},
  later?: Files,
) {
  const before = remote.commit(good);
  const failed = remote.commit(change, { message: text.message ?? 'bump' });
  if (later !== undefined) remote.commit(later);
  const git = createGitRepository({
    cacheDir: join(folder.path, 'cache'),
    clock: realClock,
    allowFileUrls: true,
  });
  const at = { good: remote.position(path, before), failed: remote.position(path, failed) };
  const request = revertOf(
    accessTo(`file://${remote.folder}`),
    at,
    text.reason === undefined ? {} : { reason: text.reason },
  );
  return git.revert(request);
}

const v1: Files = { 'apps/podinfo/d.yaml': 'image: v1\n' };
const v2: Files = { 'apps/podinfo/d.yaml': 'image: v2\n' };

describe('in the repository', () => {
  test.each<[string, Files, Files, Files | undefined]>([
    [
      'a link in the change',
      v1,
      { ...v2, 'apps/podinfo/link': { link: '../../../../etc/passwd' } },
      undefined,
    ],
    ['a file that became a link', v1, { 'apps/podinfo/d.yaml': { link: '/etc/passwd' } }, undefined],
    ['a submodule in the change', v1, { ...v2, 'apps/podinfo/sub': { submodule: object } }, undefined],
    [
      'a folder that is a link since',
      v1,
      v2,
      { 'apps/podinfo/d.yaml': null, 'apps/podinfo': { link: '../.github' } },
    ],
    [
      'a folder that is a submodule since',
      v1,
      v2,
      { 'apps/podinfo/d.yaml': null, 'apps/podinfo': { submodule: object } },
    ],
  ])('%s is a ScopeViolation, and nothing is pushed', async (_, good, change, later) => {
    expect((await revertOn(good, change, {}, later)).verdict).toBe('ScopeViolation');
    expect(remote.git(['rev-list', '--count', 'main'])).toBe(later === undefined ? '2' : '3');
  });

  test('submodules and links elsewhere, .gitattributes, .gitmodules and hooks of the repository run nothing', async () => {
    const evil: Files = {
      '.gitattributes': '* filter=evil diff=evil merge=evil\n',
      '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ${owned}\n`,
      x: { submodule: object },
      'apps/link': { link: '/etc' },
      '.githooks/pre-push': `#!/bin/sh\ntouch ${owned}\n`,
    };
    const result = await revertOn({ ...v1, ...evil }, v2, {}, { 'README.md': 'x' });
    expect(result.verdict).toBe('Reverted');
    expect(remote.files()['apps/podinfo/d.yaml']).toBe('image: v1');
    expect(existsSync(owned)).toBe(false);
  });

  test.each([
    '--output=owned',
    '-rf',
    ':(top)x',
    '$(touch owned)`touch owned`;touch owned',
    '"; touch owned #',
    '\u202Egnp.yaml',
    'm\u0430nifest.yaml',
    'e\u0301.yaml',
    ' blank ',
    '*?[a].yaml',
    '\\..\\x',
    '%2e%2e',
  ])('a file named %j is a file', async name => {
    const file = `apps/podinfo/${name}`;
    const good = commitTree({ [file]: 'image: v1\n' });
    const failed = commitTree({ [file]: 'image: v2\n' }, good);
    remote.git(['update-ref', 'refs/heads/main', failed]);
    const git = createGitRepository({
      cacheDir: join(folder.path, 'cache'),
      clock: realClock,
      allowFileUrls: true,
    });
    const at = { good: remote.position(path, good), failed: remote.position(path, failed) };
    const result = await git.revert(revertOf(accessTo(`file://${remote.folder}`), at));
    expect(result).toMatchObject({ verdict: 'Reverted', files: [file] });
    expect(remote.files()).toEqual({ [file]: 'image: v1' });
    expect(readdirSync(folder.path)).not.toContain('owned');
  });

  test('a tree with the folder .git is not taken over', async () => {
    const blob = remote.git(['hash-object', '-w', '--stdin'], 'x');
    const inner = remote.git(['mktree'], `100755 blob ${blob}\tpost-checkout\n`);
    const app = remote.git(['mktree'], `040000 tree ${inner}\t.git\n`);
    const apps = remote.git(['mktree'], `040000 tree ${app}\tpodinfo\n`);
    const root = remote.git(['mktree'], `040000 tree ${apps}\tapps\n`);
    const made = remote.git(['commit-tree', '-m', 'x', root]);
    remote.git(['update-ref', 'refs/heads/main', made]);
    const git = createGitRepository({
      cacheDir: join(folder.path, 'cache'),
      clock: realClock,
      allowFileUrls: true,
    });
    await expect(
      git.locate(accessTo(`file://${remote.folder}`), { branch: 'main', path }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/hasDotgit|\.git/u),
    });
  });
});

/** A commit of files whose names fast-import would have to be told in quotes. */
function commitTree(files: Record<string, string>, parent?: string): string {
  const entries = Object.entries(files).map(([name, content]) => {
    const blob = remote.git(['hash-object', '-w', '--stdin'], content);
    return `100644 blob ${blob}\t${name.slice(name.lastIndexOf('/') + 1)}\0`;
  });
  const app = remote.git(['mktree', '-z'], entries.join(''));
  const apps = remote.git(['mktree'], `040000 tree ${app}\tpodinfo\n`);
  const root = remote.git(['mktree'], `040000 tree ${apps}\tapps\n`);
  return remote.git(['commit-tree', ...(parent === undefined ? [] : ['-p', parent]), '-m', 'bump', root]);
}

describe('texts of a commit', () => {
  test.each([
    [
      'a forged trailer',
      'bump\n\nRollback-Id: forged\nSiskin-Canary: other/app\n\nas I said',
      'bad\n\nRollback-Id: forged',
    ],
    ['control characters', 'bump \u001B]0;owned\u0007\u001B[31m', 'bad\u001B[2J\u0000\u0008'],
    ['text that is shown the wrong way round', 'bump \u202Edetrever\u202C', 'bad \u2066x\u2069'],
    ['a huge text', 'x'.repeat(500_000), 'y'.repeat(500_000)],
    [
      'a mention and markup',
      '@everyone <script>alert(1)</script> closes #1',
      '![x](https://evil.example.com)',
    ],
    ['options and commands', '--amend --no-verify $(touch owned)', '-m x `touch owned`'],
    ['half a letter', 'bump \uD800', 'bad \uDFFF'],
    ['quotes and line ends', 'bump "v2"\\\r\nReverts nothing', "it's \r\n\r\nbad"],
  ])('%s', async (_, message, reason) => {
    const watch = watchProcesses();
    const result = await revertOn(v1, v2, { message: message.toWellFormed(), reason });
    const seen = await watch.stop();
    expect(result.verdict).toBe('Reverted');
    const raw = remote.git(['cat-file', 'commit', 'main']);
    expect(raw.length).toBeLessThan(8_000);
    expect(raw).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    const trailer = (key: string): string =>
      remote.git(['log', '-1', `--format=%(trailers:key=${key},valueonly)`, 'main']).trim();
    expect(trailer('Rollback-Id')).toBe('9f2c51d0a7b34e68');
    expect(trailer('Siskin-Canary')).toBe('shop/podinfo');
    // What people wrote is told to git by standard input alone.
    const words = reason.slice(0, 20);
    if (words.length > 8) expect(seen).not.toContain(words);
    expect(existsSync(owned)).toBe(false);
  });
});
