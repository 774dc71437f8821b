/** The two ways to hand Slack a message: a method of the Web API, and an incoming webhook. */
import { z } from 'zod';
import type { HttpClient, HttpResponse } from '../http/client.ts';
import type { Block } from './blocks.ts';
import { NotifyError } from './errors.ts';
import { fromHttpError, SlackRefusal, throwIfRefused } from './slack-answer.ts';
import type { Bot } from './slack-endpoint.ts';

export interface SlackBody {
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly channel?: string;
  readonly ts?: string;
  readonly thread_ts?: string;
  readonly username?: string;
}

export interface SlackClientDeps {
  readonly http: HttpClient;
  /** Wall clock, ms; for `Retry-After` dates. */
  readonly now: () => number;
}

/** Names neither links nor pictures behind them: an unfurled link would fetch what an attacker put into a title. */
const quiet = { unfurl_links: false, unfurl_media: false, link_names: false, parse: 'none' } as const;

/** Words by which Slack refuses the blocks but would take the text. */
const blockTrouble = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long']);

const answerSchema = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  channel: z.string().optional(),
  ts: z.string().optional(),
});
/** No longer than a status can hold: whoever answers at the address may be no Slack at all. */
const placeSchema = z.object({ channel: z.string().min(1).max(256), ts: z.string().min(1).max(64) });

/** Calls `chat.postMessage` or `chat.update`; answers where the message stands. Rejects with NotifyError. */
export async function callMethod(
  deps: SlackClientDeps,
  bot: Bot,
  method: 'chat.postMessage' | 'chat.update',
  body: SlackBody,
): Promise<{ channel: string; ts: string }> {
  const headers = { authorization: `Bearer ${bot.token}` };
  return withoutBlocksIfRefused(body, async accepted => {
    const response = await post(deps, `${bot.base}/${method}`, headers, accepted);
    const answer = answerSchema.safeParse(response.data);
    const word = answer.success && !answer.data.ok ? (answer.data.error ?? '') : undefined;
    throwIfRefused(response, word, deps.now());
    const place = placeSchema.safeParse(answer.data);
    if (!place.success) {
      throw new NotifyError('Slack: the answer is not one of the Web API; is the address right?', {
        code: 'Rejected',
        transient: false,
      });
    }
    return place.data;
  });
}

/** Posts to an incoming webhook, which answers with a bare word. Rejects with NotifyError. */
export async function callWebhook(deps: SlackClientDeps, url: string, body: SlackBody): Promise<void> {
  await withoutBlocksIfRefused(body, async accepted => {
    const response = await post(deps, url, {}, accepted);
    const refused = response.status >= 300;
    throwIfRefused(response, refused ? response.data : undefined, deps.now());
  });
}

async function withoutBlocksIfRefused<T>(body: SlackBody, call: (body: SlackBody) => Promise<T>): Promise<T> {
  try {
    return await call(body);
  } catch (error) {
    if (error instanceof SlackRefusal && blockTrouble.has(error.word)) {
      // An empty list, because an update without the field would keep the old blocks.
      return await call({ ...body, blocks: [] });
    }
    throw error;
  }
}

async function post(
  deps: SlackClientDeps,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: SlackBody,
): Promise<HttpResponse> {
  try {
    return await deps.http.request({
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
      data: { ...body, ...quiet },
      acceptStatus: () => true,
    });
  } catch (error) {
    throw fromHttpError(error);
  }
}
