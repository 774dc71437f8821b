/** Everything Slack, the network and a hostile text can do to a notification; and that no error tells a secret. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAddressGuard } from '../../src/http/address.ts';
import { NotifyError } from '../../src/notify/errors.ts';
import type { ProviderAccess, RunMessage } from '../../src/notify/port.ts';
import { createNotifier } from '../../src/notify/slack.ts';
import { type FakeSlack, startFakeSlack } from './fake-slack.ts';

const message: RunMessage = {
  severity: 'error',
  canary: { namespace: 'shop', name: 'podinfo' },
  target: 'Deployment/podinfo',
  title: 'Rolled back podinfo',
  text: 'request-success-rate was 92.1, below 99',
  fromImages: [],
  toImages: [],
  steps: [],
};
const guard = createAddressGuard({ allow: ['127.0.0.0/8'] });

let slack: FakeSlack;
let provider: ProviderAccess;

beforeEach(async () => {
  slack = await startFakeSlack();
  provider = {
    type: 'slack',
    address: slack.api,
    channel: 'deploys',
    secret: { token: Buffer.from(slack.token) },
  };
});
afterEach(() => slack[Symbol.asyncDispose]());

/** The rejection, having been searched for secrets. */
async function failure(to: ProviderAccess = provider, timeoutMs = 5000): Promise<NotifyError> {
  let error: unknown;
  try {
    await createNotifier({ http: { guard, timeoutMs } }).send(to, message);
  } catch (reason) {
    error = reason;
  }
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/xoxb|fakeWebhookSecret|T0000/u);
  if (error instanceof NotifyError) {
    return error;
  }
  throw new Error('the notifier did not reject with a NotifyError', { cause: error });
}

describe('an answer of ok: false', () => {
  it.each([
    ['invalid_auth', 'AuthenticationFailed', false],
    ['token_revoked', 'AuthenticationFailed', false],
    ['missing_scope', 'AuthenticationFailed', false],
    ['channel_not_found', 'ChannelMissing', false],
    ['not_in_channel', 'ChannelMissing', false],
    ['is_archived', 'ChannelMissing', false],
    ['ratelimited', 'RateLimited', true],
    ['msg_too_long', 'Rejected', false],
    ['internal_error', 'Unreachable', true],
    ['something_new', 'Rejected', false],
    ['constructor', 'Rejected', false],
  ])('%s becomes %s', async (word, code, transient) => {
    slack.misbehave({ body: { ok: false, error: word } });
    const error = await failure();
    expect(error).toMatchObject({ code, transient });
    expect(error.message).toContain(word);
  });

  it('is not quoted when its word is none of Slack’s kind', async () => {
    slack.misbehave({ body: { ok: false, error: `bad header: Bearer ${slack.token}` } });
    expect((await failure()).message).toBe('Slack refused the message (status 200)');
  });

  it('says which token was refused by nothing but the reason', async () => {
    const error = await failure({ ...provider, secret: { token: Buffer.from('xoxb-wrong') } });
    expect(error.code).toBe('AuthenticationFailed');
  });
});

describe('the network', () => {
  it('429 carries Retry-After', async () => {
    slack.misbehave({
      status: 429,
      headers: { 'retry-after': '30' },
      body: { ok: false, error: 'ratelimited' },
    });
    expect(await failure()).toMatchObject({ code: 'RateLimited', transient: true, retryAfterMs: 30_000 });
  });

  it.each([
    [500, 'Unreachable', true],
    [503, 'Unreachable', true],
    [429, 'RateLimited', true],
    [401, 'AuthenticationFailed', false],
    [400, 'Rejected', false],
  ])('%i with a page of HTML becomes %s', async (status, code, transient) => {
    slack.misbehave({ status, body: '<html>xoxb</html>' });
    expect(await failure()).toMatchObject({ code, transient });
  });

  it.each(['hang', 'reset'] as const)('%s is transient', async misbehaviour => {
    slack.misbehave(misbehaviour);
    expect(await failure(provider, 300)).toMatchObject({ code: 'Unreachable', transient: true });
  });

  it('a redirect is not followed', async () => {
    slack.misbehave({ status: 302, headers: { location: slack.webhook }, body: '' });
    expect(await failure()).toMatchObject({ code: 'Invalid', transient: false });
    expect(slack.calls).toHaveLength(1);
  });

  it.each([
    { body: 'ok' },
    { body: [] },
    { body: { ok: true } },
    { body: { ok: true, ts: '', channel: '' } },
  ])('an answer that is not the Web API’s (%j) is refused', async answer => {
    slack.misbehave(answer);
    expect(await failure()).toMatchObject({ code: 'Rejected', transient: false });
  });

  it('an unreachable proxy is transient, a malformed one is not', async () => {
    await slack[Symbol.asyncDispose]();
    const proxy = new URL(slack.api).origin;
    expect(await failure({ ...provider, proxy })).toMatchObject({ code: 'Unreachable', transient: true });
    expect(await failure({ ...provider, proxy: 'http://xoxb:secret@proxy' })).toMatchObject({
      code: 'Invalid',
    });
  });
});

describe('an incoming webhook', () => {
  it.each([
    [404, 'no_service', 'AuthenticationFailed'],
    [403, 'action_prohibited', 'AuthenticationFailed'],
    [404, 'channel_not_found', 'ChannelMissing'],
    [410, 'channel_is_archived', 'ChannelMissing'],
    [400, 'invalid_payload', 'Rejected'],
    [500, 'rollup_error', 'Unreachable'],
  ])('%i %s becomes %s', async (status, word, code) => {
    slack.misbehave({ status, body: word });
    const error = await failure({ type: 'slack', address: slack.webhook });
    expect(error.code).toBe(code);
    expect(error.message).toContain(word);
  });

  it('is refused when the address leads to where tenants may not go', async () => {
    const sent = createNotifier().send({ type: 'slack', address: slack.webhook }, message);
    await expect(sent).rejects.toMatchObject({ code: 'Invalid', transient: false });
    expect(slack.calls).toHaveLength(0);
  });
});

describe('a provider that cannot work', () => {
  it.each<[string, Partial<ProviderAccess>]>([
    ['another type', { type: 'msteams' }],
    ['nothing to call', { type: 'slack' }],
    ['an empty Secret', { type: 'slack', secret: { token: Buffer.from('\n'), address: Buffer.from('') } }],
    ['the Web API without a token', { type: 'slack', address: 'https://slack.com/api' }],
    ['an address that is no URL', { type: 'slack', address: 'fakeWebhookSecret' }],
    ['an address of another scheme', { type: 'slack', address: 'file:///fakeWebhookSecret' }],
    ['a token with a line break', { type: 'slack', secret: { token: Buffer.from('xoxb\r\nHost: evil') } }],
  ])('%s is Invalid', async (_, access) => {
    expect(await failure({ type: 'slack', ...access })).toMatchObject({ code: 'Invalid', transient: false });
  });

  it('names the types there are', async () => {
    expect((await failure({ type: 'discord' })).message).toBe(
      "the provider type 'discord' is not supported; supported: slack",
    );
  });
});

it('gives hostile text no markup to work with', async () => {
  const hostile = '<!channel> <@U1> <https://evil.example|ok> `*_~ &lt; \u202e';
  await createNotifier({ http: { guard } }).send(provider, {
    ...message,
    title: hostile,
    text: hostile,
    cluster: hostile,
    target: hostile,
    toImages: [hostile],
    check: { name: hostile, value: hostile, limit: hostile },
    commit: { id: hostile, url: 'https://git.example/x?a=1&b=2|<!here>' },
    steps: [{ at: 0, text: hostile }],
  });
  expect(slack.messages).toHaveLength(2);
  const sent = JSON.stringify(slack.messages.map(each => each.body));
  const markup = [...sent.matchAll(/<[^>]*>/gu)].map(([match]) => match);
  expect(markup).toEqual([
    expect.stringMatching(/^<https:\/\/git\.example\/x\?a=1&amp;b=2%7C%3C!here%3E\|&lt;!channel&gt;/u),
    '<!date^0^{time_secs}|00:00:00 UTC>',
  ]);
  expect(sent).not.toContain('\u202e');
});
