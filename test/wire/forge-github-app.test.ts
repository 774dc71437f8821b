/** Tokens of a GitHub App: narrowed to one repository, kept for their time, and taken by git too. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ForgeAccess } from '../../src/forge/port.ts';
import { appKey, githubHost, installationTokens } from './forge/github.ts';
import { type FakeHost, startHost } from './forge/host.ts';
import { forgeUnderTest } from './forge/hosts.ts';

const start = Date.parse('2030-01-01T00:00:00Z');
const asks = 'POST /v3/app/installations/777/access_tokens';
let fake: FakeHost;
let access: ForgeAccess;

beforeEach(async () => {
  fake = await startHost(githubHost);
  installationTokens.length = 0;
  fake.memory.branches.set('b', 'a'.repeat(40));
  access = {
    name: 'manifests',
    url: 'https://github.com/acme/manifests.git',
    provider: 'GitHub',
    secret: {
      githubAppID: Buffer.from('12345\n'),
      githubAppInstallationID: Buffer.from('777'),
      githubAppPrivateKey: Buffer.from(appKey),
      githubAppBaseURL: Buffer.from(`${fake.api}/v3`),
      'ca.crt': Buffer.from(''),
    },
  };
});
afterEach(async () => {
  expect(fake.violations).toEqual([]);
  await fake[Symbol.asyncDispose]();
});

it('is asked for one repository and is used for many calls, until shortly before it ends', async () => {
  let now = start;
  const hidden: string[] = [];
  const forge = forgeUnderTest({ now: () => now, hidden });
  await forge.find(access, { branch: 'b', base: 'main' });
  await forge.find(access, { branch: 'b', base: 'main' });
  expect(fake.calls.filter(call => call === asks)).toHaveLength(1);
  now = start + 56 * 60_000;
  await forge.find(access, { branch: 'b', base: 'main' });
  expect(fake.calls.filter(call => call === asks)).toHaveLength(2);
  expect(hidden).toEqual(expect.arrayContaining(installationTokens));
});

it('is what git pushes with; the key itself goes nowhere', async () => {
  const secret = await forgeUnderTest({ now: () => start }).gitSecret(access);
  expect(Object.keys(secret).sort()).toEqual(['ca.crt', 'password', 'username']);
  expect(secret['username']?.toString()).toBe('x-access-token');
  expect(secret['password']?.toString()).toBe(installationTokens[0]);
});

it('is another one for another repository', async () => {
  const forge = forgeUnderTest({ now: () => start });
  await forge.gitSecret(access);
  fake.misbehave({ status: 201, body: { token: 'ghs_other', expires_at: '2030-01-01T01:00:00Z' } });
  const other = await forge.gitSecret({ ...access, url: 'https://github.com/acme/other.git' });
  expect(other['password']?.toString()).toBe('ghs_other');
});

it.each([
  ['githubAppPrivateKey', 'not a key'],
  ['githubAppInstallationID', '777/access_tokens/../..'],
  ['githubAppID', ''],
])('a Secret with a bad %s is refused before anything is asked', async (key, value) => {
  const secret = { ...access.secret, [key]: Buffer.from(value) };
  const failure = forgeUnderTest({ now: () => start }).gitSecret({ ...access, secret });
  await expect(failure).rejects.toMatchObject({ code: 'InvalidRequest', transient: false });
  expect(fake.calls).toEqual([]);
});

it('any other Secret is handed on as it is', async () => {
  const secret = { username: Buffer.from('u'), password: Buffer.from('p') };
  expect(await forgeUnderTest().gitSecret({ ...access, secret })).toBe(secret);
});
