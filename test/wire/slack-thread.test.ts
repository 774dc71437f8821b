/** A run's story on the wire: posted once, updated in place, steps in the thread, across restarts and deletions. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createAddressGuard } from '../../src/http/address.ts';
import type { Notifier, ProviderAccess, RunMessage } from '../../src/notify/port.ts';
import { createNotifier } from '../../src/notify/slack.ts';
import { type FakeSlack, startFakeSlack } from './fake-slack.ts';

const started: RunMessage = {
  severity: 'info',
  canary: { namespace: 'shop', name: 'podinfo' },
  target: 'Deployment/podinfo',
  title: 'Releasing podinfo',
  text: 'Canary podinfo gets 10 % of the traffic',
  fromImages: ['acme/podinfo:6.1.0'],
  toImages: ['acme/podinfo:6.2.0'],
  weight: 10,
  steps: [],
};
const stateSchema = z.strictObject({ channel: z.string(), ts: z.string(), steps: z.number() });
const step = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ at: 1_700_000_000_000 + index, text: `step ${index + 1}` }));

let slack: FakeSlack;
let notifier: Notifier;
let provider: ProviderAccess;

beforeEach(async () => {
  slack = await startFakeSlack();
  notifier = newNotifier();
  provider = {
    type: 'slack',
    address: slack.api,
    channel: 'deploys',
    secret: { token: Buffer.from(`${slack.token}\n`) },
  };
});
afterEach(() => slack[Symbol.asyncDispose]());

function newNotifier(): Notifier {
  return createNotifier({ http: { guard: createAddressGuard({ allow: ['127.0.0.0/8'] }) } });
}

describe('a bot', () => {
  it('posts the run once, quietly, and answers what to keep', async () => {
    const thread = await notifier.send({ ...provider, username: 'siskin' }, started);
    expect(thread).toEqual({ channel: 'C0DEPLOYS', ts: slack.messages[0]?.ts, steps: 0 });
    expect(slack.calls).toHaveLength(1);
    expect(slack.calls[0]).toMatchObject({
      method: 'chat.postMessage',
      authorization: `Bearer ${slack.token}`,
      body: {
        channel: 'deploys',
        username: 'siskin',
        text: '🟢 shop/podinfo: Releasing podinfo\nCanary podinfo gets 10 % of the traffic',
        unfurl_links: false,
        unfurl_media: false,
        link_names: false,
        parse: 'none',
      },
    });
  });

  it('posts to the channel general when none is named', async () => {
    const { channel: _, ...unnamed } = provider;
    await notifier.send(unnamed, started);
    expect(slack.messages[0]?.channel).toBe('C0GENERAL');
  });

  it('takes the address of the method, as Flagger’s manifests give it', async () => {
    await notifier.send({ ...provider, address: `${slack.api}/chat.postMessage` }, started);
    expect(slack.messages).toHaveLength(1);
  });

  it('updates the same message and replies only with new steps', async () => {
    const first = await notifier.send(provider, { ...started, steps: step(1) });
    const second = await notifier.send(provider, { ...started, weight: 20, steps: step(3) }, first);
    expect(slack.calls.map(call => call.method)).toEqual([
      'chat.postMessage',
      'chat.postMessage',
      'chat.update',
      'chat.postMessage',
    ]);
    expect(slack.messages.map(message => [message.thread, message.body.text])).toEqual([
      [undefined, expect.stringContaining('Releasing podinfo')],
      [first?.ts, 'step 1'],
      [first?.ts, 'step 2\nstep 3'],
    ]);
    expect(JSON.stringify(slack.messages[0]?.body)).toContain('20 %');
    expect(second).toEqual({ ...first, steps: 3 });
  });

  it('continues the message when another process got the state', async () => {
    const kept = stateSchema.parse(JSON.parse(JSON.stringify(await notifier.send(provider, started))));
    const next = newNotifier();
    await next.send(provider, { ...started, title: 'Promoted podinfo' }, kept);
    expect(slack.messages).toHaveLength(1);
    expect(slack.messages[0]?.body.text).toContain('Promoted podinfo');
  });

  it('sends nothing into the thread when no step is new', async () => {
    const thread = await notifier.send(provider, { ...started, steps: step(2) });
    slack.calls.length = 0;
    expect(await notifier.send(provider, { ...started, steps: step(2) }, thread)).toEqual(thread);
    expect(slack.calls.map(call => call.method)).toEqual(['chat.update']);
  });

  it('splits many steps into replies that Slack accepts', async () => {
    const thread = await notifier.send(provider, { ...started, steps: step(45) });
    expect(thread?.steps).toBe(45);
    expect(slack.messages.slice(1).map(message => message.body.blocks.length)).toEqual([20, 20, 5]);
  });

  it('posts anew, with the whole story, when the message was deleted', async () => {
    const thread = await notifier.send(provider, { ...started, steps: step(1) });
    slack.messages.length = 0;
    const next = await notifier.send(
      provider,
      { ...started, steps: step(2) },
      { channel: 'C0DEPLOYS', ts: '1.000001', steps: thread?.steps ?? 0 },
    );
    expect(slack.messages.map(message => message.body.text.split('\n')[0])).toEqual([
      '🟢 shop/podinfo: Releasing podinfo',
      'step 1',
    ]);
    expect(next).toEqual({ channel: 'C0DEPLOYS', ts: slack.messages[0]?.ts, steps: 2 });
  });

  it('posts to the channel named now when the old one is gone', async () => {
    slack.misbehave({ body: { ok: false, error: 'is_archived' } });
    const next = await notifier.send({ ...provider, channel: 'new' }, started, {
      channel: 'C0OLD',
      ts: '1.1',
      steps: 9,
    });
    expect(next).toMatchObject({ channel: 'C0NEW', steps: 0 });
  });

  it('keeps what was delivered when the thread fails, so that no second message appears', async () => {
    slack.misbehave(
      { body: { ok: true, channel: 'C0DEPLOYS', ts: '1.1' } },
      { status: 429, headers: { 'retry-after': '7' }, body: { ok: false, error: 'ratelimited' } },
    );
    await expect(notifier.send(provider, { ...started, steps: step(1) })).rejects.toMatchObject({
      code: 'RateLimited',
      retryAfterMs: 7000,
      thread: { channel: 'C0DEPLOYS', ts: '1.1', steps: 0 },
    });
  });

  it('sends the text alone when Slack refuses the blocks', async () => {
    slack.misbehave({ body: { ok: false, error: 'invalid_blocks' } });
    await notifier.send(provider, started);
    expect(slack.messages.map(message => message.body.blocks)).toEqual([[]]);
  });
});

describe('an incoming webhook', () => {
  it('gets the message as given, and no state is kept', async () => {
    const webhook = { type: 'slack', secret: { address: Buffer.from(slack.webhook) } };
    expect(await notifier.send(webhook, { ...started, steps: step(2) })).toBeUndefined();
    expect(slack.calls).toHaveLength(1);
    expect(slack.calls[0]).toMatchObject({ method: 'webhook', authorization: undefined });
    expect(slack.calls[0]?.body).not.toHaveProperty('channel');
  });

  it('takes channel and name, which legacy webhooks honour', async () => {
    await notifier.send({ type: 'slack', address: slack.webhook, channel: 'ops', username: 'bird' }, started);
    expect(slack.calls[0]?.body).toMatchObject({ channel: 'ops', username: 'bird' });
  });
});
