import { expect, it } from 'vitest';
import type { HttpClient } from '../http/client.ts';
import { callMethod } from './slack-client.ts';

function answering(data: unknown): HttpClient {
  return { request: () => Promise.resolve({ status: 200, headers: {}, data }), close: () => undefined };
}

it.each([
  ['channel', { ok: true, channel: 'C'.repeat(257), ts: '1.0' }],
  ['timestamp', { ok: true, channel: 'C1', ts: '1'.repeat(65) }],
])('refuses a %s that no status could hold', async (_what, data) => {
  const bot = { kind: 'bot', base: 'https://slack.example.com/api', token: 'xoxb-1' } as const;
  const deps = { http: answering(data), now: () => 0 };
  await expect(callMethod(deps, bot, 'chat.postMessage', { text: 'x', blocks: [] })).rejects.toMatchObject({
    code: 'Rejected',
  });
});
