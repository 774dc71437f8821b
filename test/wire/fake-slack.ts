/** A Slack of one's own on a real socket: keeps messages, enforces the published limits, and answers badly on request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const textSchema = z.object({ type: z.enum(['plain_text', 'mrkdwn']), text: z.string().min(1).max(3000) });
const blockSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('header'), text: textSchema.extend({ text: z.string().min(1).max(150) }) }),
  z.object({
    type: z.literal('section'),
    text: textSchema.optional(),
    fields: z
      .array(textSchema.extend({ text: z.string().min(1).max(2000) }))
      .max(10)
      .optional(),
  }),
  z.object({ type: z.literal('context'), elements: z.array(textSchema).min(1).max(10) }),
]);
const bodySchema = z.looseObject({
  text: z.string().min(1).max(4000),
  blocks: z.array(z.unknown()).max(50),
  channel: z.string().optional(),
  ts: z.string().optional(),
  thread_ts: z.string().optional(),
});

type Body = z.infer<typeof bodySchema>;

export interface SlackCall {
  /** `chat.postMessage`, `chat.update` or `webhook`. */
  readonly method: string;
  readonly authorization: string | undefined;
  readonly body: Body;
}

export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread: string | undefined;
  body: Body;
}

/** What the next call gets instead of an answer in earnest. */
export type Misbehaviour =
  | 'hang'
  | 'reset'
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body: unknown };

export interface FakeSlack extends AsyncDisposable {
  /** Base of the Web API. */
  readonly api: string;
  /** A webhook's whole URL. */
  readonly webhook: string;
  readonly token: string;
  readonly calls: SlackCall[];
  readonly messages: SlackMessage[];
  /** Queued: one call each. */
  misbehave(...next: Misbehaviour[]): void;
}

/** Starts it on a free port of loopback. Every channel exists but `missing`. */
export async function startFakeSlack(): Promise<FakeSlack> {
  const token = 'xoxb-2222-fake-bot-token';
  const webhookPath = '/services/T0000/B0000/fakeWebhookSecret';
  const calls: SlackCall[] = [];
  const messages: SlackMessage[] = [];
  const queue: Misbehaviour[] = [];

  const methods: Readonly<Record<string, (body: Body) => Record<string, unknown>>> = {
    'chat.postMessage'(body) {
      const channel = channelId(body.channel);
      if (channel === undefined) return { ok: false, error: 'channel_not_found' };
      const ts = `1700000000.${String(messages.length + 1).padStart(6, '0')}`;
      messages.push({ channel, ts, thread: body.thread_ts, body });
      return { ok: true, channel, ts };
    },
    'chat.update'(body) {
      const message = messages.find(each => each.channel === body.channel && each.ts === body.ts);
      if (message === undefined) return { ok: false, error: 'message_not_found' };
      message.body = body;
      return { ok: true, channel: message.channel, ts: message.ts };
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = bodySchema.parse(JSON.parse(await text(request)));
    const path = request.url ?? '';
    const method = path === webhookPath ? 'webhook' : path.replace(/^\/api\//u, '');
    const { authorization } = request.headers;
    calls.push({ method, authorization, body });
    const misbehaviour = queue.shift();
    if (misbehaviour === 'hang') return;
    if (misbehaviour === 'reset') {
      request.socket.resetAndDestroy();
    } else if (misbehaviour !== undefined) {
      answer(response, misbehaviour.status ?? 200, misbehaviour.body, misbehaviour.headers);
    } else if (method === 'webhook') {
      const valid = validBlocks(body);
      answer(response, valid ? 200 : 400, valid ? 'ok' : 'invalid_blocks');
    } else if (path.startsWith('/services/')) {
      answer(response, 404, 'no_service');
    } else if (authorization !== `Bearer ${token}`) {
      answer(response, 200, { ok: false, error: 'invalid_auth' });
    } else if (!validBlocks(body)) {
      answer(response, 200, { ok: false, error: 'invalid_blocks' });
    } else {
      answer(response, 200, methods[method]?.(body) ?? { ok: false, error: 'unknown_method' });
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      answer(response, 500, String(error));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const origin = `http://127.0.0.1:${port}`;
  return {
    api: `${origin}/api`,
    webhook: `${origin}${webhookPath}`,
    token,
    calls,
    messages,
    misbehave: (...next) => void queue.push(...next),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** Slack takes a name when posting, and answers (and wants in updates) the id. */
function channelId(name: string | undefined): string | undefined {
  if (name === undefined || name === 'missing') return undefined;
  return name.startsWith('C0') ? name : `C0${name.replace('#', '').toUpperCase()}`;
}

function validBlocks(body: Body): boolean {
  return z.array(blockSchema).safeParse(body.blocks).success;
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
