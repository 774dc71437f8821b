/** Webhooks that judge, on real sockets: what they get, and that no answer of theirs leads anywhere else. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAddressGuard } from '../../src/http/address.ts';
import { createRedactor } from '../../src/runtime/redact.ts';
import { createWebhooks } from '../../src/webhook/client.ts';
import { answerJson, type FakePrometheus, startFakePrometheus } from './fake-prometheus.ts';

const payload = {
  name: 'checkout',
  namespace: 'shop',
  phase: 'Progressing',
  checksum: 'v1-0123456789abcdef',
  metadata: { team: 'shop' },
};
let server: FakePrometheus;
let webhooks: ReturnType<typeof createWebhooks>;

function start(allow: readonly string[]): void {
  const redactor = createRedactor();
  redactor.hide(['hunter2-token']);
  webhooks = createWebhooks({ guard: createAddressGuard({ allow }), redactor, now: Date.now });
}

beforeEach(async () => {
  server = await startFakePrometheus();
  start(['127.0.0.1']);
});

afterEach(async () => {
  webhooks.close();
  await server.close();
});

async function ask(url = `${server.url}/judge?x=1`) {
  return webhooks.ask({ url, timeoutMs: 1_000, payload });
}

it("gets Flagger's body by POST, and its answer is told with a clean beginning of the text", async () => {
  server.behave((_, response) => answerJson(response, 200, { ok: true }));
  expect(await ask()).toEqual({ kind: 'answered', status: 200, text: '{"ok":true}' });
  expect(server.seen).toMatchObject([{ method: 'POST', path: '/judge' }]);
  expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual(payload);
  server.behave((_, response) => {
    response.writeHead(503, { 'content-type': 'text/plain' });
    response.end(`no\nhunter2-token\u0007${'x'.repeat(1_000)}`);
  });
  const answer = await ask();
  expect(answer).toMatchObject({ kind: 'answered', status: 503 });
  expect(answer).toMatchObject({ text: expect.stringMatching(/^no \*\*\*.x+…$/u) });
  expect(JSON.stringify(answer).length).toBeLessThan(180);
});

it.each<[what: string, why: RegExp, behave: () => void]>([
  [
    'a redirect',
    /answered with a redirect \(307\), which is not followed/u,
    () =>
      server.behave((_, response) => {
        response.writeHead(307, { location: `${server.url}/elsewhere` });
        response.end();
      }),
  ],
  ['silence', /no complete answer within 1 s/u, () => server.behave(() => undefined)],
  ['a reset', /connection reset|broke off/u, () => server.behave((_, r) => void r.socket?.resetAndDestroy())],
  [
    'too much',
    /larger than allowed/u,
    () => server.behave((_, response) => void response.end('x'.repeat(100_000))),
  ],
])('%s is no answer', async (_what, why, behave) => {
  behave();
  expect(await ask()).toEqual({ kind: 'error', why: expect.stringMatching(why) });
  expect(server.seen).toHaveLength(1);
});

it('follows no tenant to an address that the admin did not allow', async () => {
  start([]);
  expect(await ask()).toEqual({ kind: 'error', why: expect.stringContaining("ask the operator's admin") });
  expect(await ask('http://metadata.google.internal/')).toMatchObject({ kind: 'error' });
  expect(await ask('nonsense')).toMatchObject({ kind: 'error' });
  expect(server.seen).toEqual([]);
});
