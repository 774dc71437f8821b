/** Everything that a Git host and the network can answer instead: what it is called, whether it passes, and that no token is told. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForge } from '../../src/forge/forge.ts';
import { type ForgeAccess, ForgeError } from '../../src/forge/port.ts';
import { createAddressGuard } from '../../src/http/address.ts';
import { type FakeHost, type Reply, startHost } from './forge/host.ts';
import { accessTo, forgeUnderTest, type HostUnderTest, hosts } from './forge/hosts.ts';

const now = Date.parse('2030-01-01T00:00:00Z');

async function failureOf(
  access: ForgeAccess,
  host: HostUnderTest,
  forge = forgeUnderTest({ now: () => now, timeoutMs: 300 }),
): Promise<ForgeError> {
  const error: unknown = await forge.get(access, 1).catch((reason: unknown) => reason);
  if (!(error instanceof ForgeError)) throw new Error('no ForgeError', { cause: error });
  const whole = inspect(error, { depth: 10, showHidden: true });
  expect(whole).not.toContain(host.token);
  expect(whole).not.toContain(Buffer.from(`:${host.token}`).toString('base64'));
  expect(error.message).toContain('ManifestRepository manifests');
  return error;
}

describe.each(hosts.map(host => [host.provider, host] as const))('%s', (_name, host: HostUnderTest) => {
  let fake: FakeHost;
  let access: ForgeAccess;
  beforeEach(async () => {
    fake = await startHost(host.options);
    access = accessTo(host, fake);
  });
  afterEach(() => fake[Symbol.asyncDispose]());

  const echoed = { message: `no: ${host.token} \u001b[31m\n is wrong` };
  it.each<[string, Reply, string, boolean, number?]>([
    ['401', { status: 401, body: echoed }, 'AuthenticationFailed', false],
    ['403', { status: 403, body: { message: 'Resource not accessible' } }, 'Forbidden', false],
    [
      '403 with Retry-After',
      { status: 403, headers: { 'retry-after': '30' }, body: { message: 'secondary rate limit' } },
      'RateLimited',
      true,
      30_000,
    ],
    [
      '403 with no requests left',
      {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1_000 + 90) },
        body: {},
      },
      'RateLimited',
      true,
      90_000,
    ],
    ['429', { status: 429, headers: { 'retry-after': '5' }, body: {} }, 'RateLimited', true, 5_000],
    ['404', { status: 404, body: {} }, 'NotFound', false],
    ['409', { status: 409, body: { message: 'conflict' } }, 'Conflict', false],
    ['422', { status: 422, body: { errors: [{ message: 'Validation Failed' }] } }, 'Rejected', false],
    ['500', { status: 500, body: '<html>oops</html>' }, 'Unreachable', true],
    [
      '503 with Retry-After',
      { status: 503, headers: { 'retry-after': '7' }, body: '' },
      'Unreachable',
      true,
      7_000,
    ],
    ['a page instead of JSON', { status: 200, body: '<html>Welcome</html>' }, 'Unreachable', true],
    ['JSON of something else', { status: 200, body: { hello: 'world' } }, 'Unreachable', true],
  ])('%s', async (_what, reply, code, transient, retryAfterMs) => {
    fake.misbehave(reply);
    const error = await failureOf(access, host);
    expect(error).toMatchObject({ code, transient, retryAfterMs });
    expect(error.message).not.toMatch(/[\p{Cc}]/u);
  });

  it('a redirect is not followed', async () => {
    fake.misbehave({ status: 302, headers: { location: 'https://elsewhere.example.com/' } });
    const code = host.provider === 'Azure' ? 'AuthenticationFailed' : 'NotFound';
    expect(await failureOf(access, host)).toMatchObject({ code, transient: false });
  });

  it('silence', async () => {
    fake.misbehave('hang');
    expect(await failureOf(access, host)).toMatchObject({ code: 'Timeout', transient: true });
  });

  it('a broken connection', async () => {
    fake.misbehave('reset');
    expect(await failureOf(access, host)).toMatchObject({ code: 'Unreachable', transient: true });
  });

  it('an answer beyond all measure', async () => {
    fake.misbehave({ status: 200, body: { message: 'x'.repeat(9 * 1024 * 1024) } });
    const patient = forgeUnderTest({ now: () => now });
    expect((await failureOf(access, host, patient)).code).toBe('Unreachable');
  });

  it('a wrong token', async () => {
    const secret = { apiToken: Buffer.from('wrong-token-0123') };
    expect(await failureOf({ ...access, secret }, host)).toMatchObject({ code: 'AuthenticationFailed' });
  });

  it('no token, and the passphrase of an SSH key is none', async () => {
    const secret = { identity: Buffer.from('key'), password: Buffer.from('passphrase') };
    const ssh = { ...access, url: 'ssh://git@git.example.com/acme/manifests.git', secret };
    const error = await failureOf(ssh, host);
    expect(error).toMatchObject({ code: 'InvalidRequest', transient: false });
    expect(error.message).toContain('apiToken');
    expect(fake.calls).toEqual([]);
  });

  it('an address without TLS gets no token', async () => {
    const error = await failureOf({ ...access, apiUrl: 'http://git.example.com/api' }, host);
    expect(error).toMatchObject({ code: 'InvalidRequest' });
    expect(error.message).toContain('https://');
  });

  it('an address that nobody may name', async () => {
    const forge = createForge({ guard: createAddressGuard({}), now: () => now, hide: () => undefined });
    expect(await failureOf(access, host, forge)).toMatchObject({ code: 'InvalidRequest' });
    expect(fake.calls).toEqual([]);
  });
});

it('limits met while a pull request is decorated are limits, not a note', async () => {
  const [host] = hosts;
  if (host === undefined) throw new Error('no host');
  await using fake = await startHost(host.options);
  fake.memory.branches.set('b', 'a'.repeat(40));
  const forge = forgeUnderTest();
  const access = accessTo(host, fake);
  const draft = { branch: 'b', base: 'main', title: 't', body: '', labels: [], reviewers: [] };
  await forge.open(access, draft);
  fake.misbehave({ status: 409, body: {} }, { status: 200, body: [] }, { status: 200, body: [] });
  await expect(forge.open(access, draft)).rejects.toMatchObject({ code: 'Unreachable' });
  fake.misbehave({ status: 409, body: { message: 'pull request already exists' } });
  const labelled = { ...draft, labels: ['x'] };
  const limited = forge.open(access, labelled);
  expect((await limited).number).toBe(1);
});
