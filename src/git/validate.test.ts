import { describe, expect, test } from 'vitest';
import {
  InvalidInput,
  validBranch,
  validGlob,
  validIdentity,
  validObject,
  validPath,
  validUrl,
  validWord,
} from './validate.ts';

const url = (text: string): string => validUrl(text, { allowFileUrls: false }).href;

describe('URLs', () => {
  test.each([
    ['https://git.example.com/acme/manifests.git', 'https://git.example.com/acme/manifests.git'],
    ['https://git.example.com:8443/acme/manifests', 'https://git.example.com:8443/acme/manifests'],
    ['https://git.example.com/~user/my%20repo.git', 'https://git.example.com/~user/my%20repo.git'],
    ['ssh://git@git.example.com/acme/manifests.git', 'ssh://git@git.example.com/acme/manifests.git'],
    ['ssh://git@[::1]:2222/acme/manifests.git', 'ssh://git@[::1]:2222/acme/manifests.git'],
  ])('accepts %s', (text, href) => {
    expect(url(text)).toBe(href);
  });

  test.each([
    '',
    'manifests',
    '/srv/git/manifests.git',
    './manifests.git',
    '--upload-pack=touch /tmp/owned',
    '-oProxyCommand=touch',
    'git@git.example.com:acme/manifests.git',
    'http://git.example.com/acme/manifests.git',
    'git://git.example.com/acme/manifests.git',
    'ftp://git.example.com/acme/manifests.git',
    'file:///srv/git/manifests.git',
    'FILE:///srv/git/manifests.git',
    'ext::sh -c touch% /tmp/owned',
    'EXT::sh',
    'fd::17/x',
    'https::ext::sh',
    'https://user:secret@git.example.com/acme/manifests.git',
    'https://token@git.example.com/acme/manifests.git',
    'ssh://git:secret@git.example.com/acme/manifests.git',
    'ssh://-oProxyCommand=touch%20x/acme/manifests.git',
    'ssh://git@-oProxyCommand=x/acme/manifests.git',
    'ssh://-x@git.example.com/acme/manifests.git',
    'ssh://git@git.example.com/-acme',
    'ssh://git@git.example.com/--upload-pack=x',
    'https://git.example.com/acme/../other/manifests.git',
    'https://git.example.com/acme/%2e%2e/other.git',
    'https://git.example.com/acme%00/x.git',
    'https://git.example.com/acme%0a/x.git',
    'https://git.example.com/acme%zz/x.git',
    'https://git.example.com/a\nb.git',
    'https://git.example.com/a\u0000b.git',
    'https://git.example.com/a\u202Eb.git',
    'https://git.example.com/a\u200Bb.git',
    'https://git.example.com/a b.git',
    "https://git.example.com/a'b.git",
    'https://git.example.com/a`id`.git',
    'https://git.example.com\\@evil.example.com/x.git',
    'https://git.example.com/acme.git?service=x',
    'https://git.example.com/acme.git#x',
    'https://git.example.com/',
    'https:///acme.git',
    `https://git.example.com/${'a'.repeat(2100)}`,
    'https://exa mple.com/x.git',
    'ssh://git@ho%20st/x.git',
  ])('refuses %j', text => {
    expect(() => url(text)).toThrow(InvalidInput);
  });

  test('no message repeats a password', () => {
    for (const text of [
      'https://u:hunter22@h.example/x.git',
      'https://u:hunter22@h.example/x\n',
      'hunter22::x',
    ]) {
      expect(() => url(text)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter22') }),
      );
    }
  });
});

describe('branches', () => {
  test.each(['main', 'release/v1.2', 'env-prod_2'])('accepts %s', branch => {
    expect(validBranch(branch)).toBe(branch);
  });
  test.each([
    '',
    '-main',
    '--force',
    '+main',
    'main:other',
    'a..b',
    'a//b',
    'a/',
    '/a',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a.',
    'a@{1}',
    'a^1',
    'a~1',
    'a*',
    'a?',
    'a[b',
    'a\\b',
    'a b',
    'a\nb',
    'a\u0000',
    'mаin',
    'HEAD',
    'refs/heads/main',
    'a'.repeat(300),
  ])('refuses %j', branch => {
    expect(() => validBranch(branch)).toThrow(InvalidInput);
  });
});

describe('paths', () => {
  test.each([
    ['apps/podinfo', 'apps/podinfo'],
    ['./apps/podinfo/', 'apps/podinfo'],
    ['.', ''],
    ['./', ''],
    ['', ''],
    ['apps/größe 2/a.yaml', 'apps/größe 2/a.yaml'],
    ['apps/.github', 'apps/.github'],
  ])('accepts %j', (path, plain) => {
    expect(validPath(path)).toBe(plain);
  });
  test.each([
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/../b',
    'a/..',
    'a/./b',
    'a//b',
    '-x',
    '--output=x',
    ':(glob)**',
    ':!x',
    '.git',
    '.git/config',
    'a/.GIT/hooks',
    'a/.git./x',
    'a/.git /x',
    'a/git~1/x',
    'a/.git::$INDEX_ALLOCATION/x',
    'a/.g\u200Cit/x',
    'a\\..\\b',
    'a\u0000b',
    'a\nb',
    'a\tb',
    'a\u007Fb',
    'a\u202Eb',
    'a\u00A0b',
    'a\u2028b',
    'a\uD800b',
    'gro\u0308ße',
    'x'.repeat(256),
    `${'a/'.repeat(600)}b`,
  ])('refuses %j', path => {
    expect(() => validPath(path)).toThrow(InvalidInput);
  });
});

describe('globs', () => {
  test.each(['**', 'apps/**', 'apps/*/prod-?.yaml', '**/values.yaml'])('accepts %s', glob => {
    expect(validGlob(glob)).toBe(glob);
  });
  test.each([
    '',
    '/apps/**',
    '../**',
    'apps/../**',
    'apps/[a-z]',
    'apps/{a,b}',
    '!apps/**',
    'apps/a**',
    '.git/**',
    'apps\\*',
    'apps/+(a)',
    'a\nb',
    '-x/**',
  ])('refuses %j', glob => {
    expect(() => validGlob(glob)).toThrow(InvalidInput);
  });
});

describe('object names, identities and words', () => {
  test.each(['HEAD', 'a'.repeat(39), 'A'.repeat(40), `-${'a'.repeat(39)}`, `${'a'.repeat(40)}\n`, ''])(
    'refuses the object %j',
    name => {
      expect(() => validObject(name)).toThrow(InvalidInput);
    },
  );
  test.each<[string, string]>([
    ['', 'a@example.com'],
    ['  ', 'a@example.com'],
    ['...', 'a@example.com'],
    ['a\nRollback-Id: x', 'a@example.com'],
    ['a <b@c>', 'a@example.com'],
    ['a\u202Eb', 'a@example.com'],
    ['a'.repeat(200), 'a@example.com'],
    ['a', ''],
    ['a', 'no-address'],
    ['a', 'a@b>\n'],
    ['a', 'a b@example.com'],
    ['a', `${'a'.repeat(300)}@example.com`],
  ])('refuses the identity %j <%j>', (name, email) => {
    expect(() => validIdentity({ name, email })).toThrow(InvalidInput);
  });
  test.each(['', '-x', 'a b', 'a\nb', 'a\u0000', 'ä', 'x'.repeat(300)])('refuses the word %j', word => {
    expect(() => validWord('it', word)).toThrow(InvalidInput);
  });
  test('accepts what is ordinary', () => {
    expect(validObject('0123456789abcdef'.repeat(4))).toHaveLength(64);
    expect(() => validIdentity({ name: 'Siskin bot', email: 'siskin@example.com' })).not.toThrow();
    expect(validWord('it', 'sha256:ab/cd')).toBe('sha256:ab/cd');
  });
});
