/** Slack messages as people read them: the blocks of the newest version of each message, as lines of text. */
import { z } from 'zod';
import type { SlackMessage } from '../fixture.ts';

const text = z.object({ text: z.string() });
const Body = z.object({
  text: z.string().default(''),
  blocks: z
    .array(
      z.object({
        text: text.optional(),
        fields: z.array(text).optional(),
        elements: z.array(text).default([]),
      }),
    )
    .default([]),
});

/** Slack's own notation for dates, links and escapes, as its clients show it. */
function shown(text: string): string {
  return text
    .replaceAll(/<!date\^\d+\^[^|>]*\|([^>]*)>/gu, '$1')
    .replaceAll(/<(https?:[^|>]*)\|([^>]*)>/gu, '$2 ($1)')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

export function linesOf({ body }: SlackMessage): string[] {
  const { text: fallback, blocks } = Body.parse(body);
  if (blocks.length === 0) return [shown(fallback)];
  return blocks.flatMap(({ text, fields, elements }) => {
    if (text !== undefined) return shown(text.text).split('\n');
    if (fields !== undefined)
      return fields.map(field => shown(field.text).replace('\n', ': ').replaceAll('\n', ', '));
    return [elements.map(element => shown(element.text)).join('  ')];
  });
}

export type SlackThread = {
  first: SlackMessage;
  newest: SlackMessage;
  versions: number;
  replies: SlackMessage[];
};

/** Messages of a channel with their updates and replies put together, oldest first. */
export function threadsOf(messages: readonly SlackMessage[]): SlackThread[] {
  const threads = new Map<string, SlackThread>();
  for (const message of messages) {
    const parent = message.body['thread_ts'];
    if (typeof parent === 'string') {
      threads.get(parent)?.replies.push(message);
      continue;
    }
    const key = message.ts ?? String(message.number);
    const known = threads.get(key);
    if (known === undefined) threads.set(key, { first: message, newest: message, versions: 1, replies: [] });
    else {
      known.newest = message;
      known.versions += 1;
    }
  }
  return [...threads.values()];
}
