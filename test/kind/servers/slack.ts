/** A stand-in for Slack: chat.postMessage, chat.update and incoming webhooks, with every message kept for the test to read. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Failure, type FailureOrder } from './failure.ts';
import { answerJson, answerText, endOnSignal, handled, listen, readBody, readJson } from './http.ts';

export type SlackMessage = {
  number: number;
  receivedAt: string;
  method: 'chat.postMessage' | 'chat.update' | 'webhook';
  path: string;
  channel?: string;
  ts?: string;
  /** For chat.postMessage and chat.update: was a bot token sent at all. Its text is not kept. */
  authorized: boolean;
  body: Record<string, unknown>;
};

const keptAtMost = 10_000;

class Slack {
  readonly messages: SlackMessage[] = [];
  readonly failure = new Failure();
  #next = 1;

  #keep(message: Omit<SlackMessage, 'number' | 'receivedAt'>): SlackMessage {
    const kept = { number: this.#next, receivedAt: new Date().toISOString(), ...message };
    this.#next += 1;
    this.messages.push(kept);
    if (this.messages.length > keptAtMost) this.messages.shift();
    return kept;
  }

  /** Answers as Slack does: HTTP 200 with `ok: false` and a code when the call is wrong. */
  call(
    method: string,
    path: string,
    authorization: string,
    body: Record<string, unknown>,
  ): Record<string, unknown> {
    if (method !== 'chat.postMessage' && method !== 'chat.update')
      return { ok: false, error: 'unknown_method' };
    if (authorization === '') return { ok: false, error: 'not_authed' };
    if (!authorization.startsWith('Bearer xox')) return { ok: false, error: 'invalid_auth' };
    const channel = body['channel'];
    if (typeof channel !== 'string' || channel === '') return { ok: false, error: 'channel_not_found' };
    if (body['text'] === undefined && body['blocks'] === undefined && body['attachments'] === undefined) {
      return { ok: false, error: 'no_text' };
    }
    let ts = `${Math.floor(Date.now() / 1000)}.${String(this.#next).padStart(6, '0')}`;
    if (method === 'chat.update') {
      const known = this.messages.some(message => message.ts === body['ts'] && message.channel === channel);
      if (!known) return { ok: false, error: 'message_not_found' };
      ts = String(body['ts']);
    }
    this.#keep({ method, path, channel, ts, authorized: true, body });
    return { ok: true, channel, ts, message: { text: body['text'] ?? '', ts } };
  }

  webhook(path: string, body: Record<string, unknown>): void {
    this.#keep({ method: 'webhook', path, authorized: false, body });
  }
}

function fields(request: IncomingMessage, raw: string): Record<string, unknown> {
  const isForm = request.headers['content-type']?.includes('x-www-form-urlencoded') === true;
  if (isForm) return Object.fromEntries(new URLSearchParams(raw));
  const value: Record<string, unknown> = JSON.parse(raw);
  return value;
}

function createSlack(slack: Slack): Server {
  return createServer(
    handled(async (request, response, url) => {
      const { pathname: path } = url;
      if (path === '/_healthz') return answerText(response, 200, 'ok');
      if (path === '/_fail') {
        slack.failure.set(await readJson<FailureOrder>(request));
        return answerJson(response, 200, { ok: true });
      }
      if (path === '/_messages') {
        if (request.method === 'DELETE') slack.messages.length = 0;
        const since = Number(url.searchParams.get('since') ?? 0);
        return answerJson(
          response,
          200,
          slack.messages.filter(({ number }) => number > since),
        );
      }
      const raw = (await readBody(request)).toString();
      if (slack.failure.inject(response)) return;
      if (request.method !== 'POST') return answerText(response, 405, 'POST only\n');
      if (path.startsWith('/api/')) {
        const authorization = request.headers.authorization ?? '';
        return answerJson(
          response,
          200,
          slack.call(path.slice('/api/'.length), path, authorization, fields(request, raw)),
        );
      }
      if (!path.startsWith('/services/')) return answerText(response, 404, 'no_service');
      slack.webhook(path, fields(request, raw));
      answerText(response, 200, 'ok');
    }),
  );
}

if (import.meta.main) {
  const server = createSlack(new Slack());
  endOnSignal(server);
  process.stdout.write(
    `fake Slack listens on port ${await listen(server, Number(process.env['PORT'] ?? 8080))}\n`,
  );
}
