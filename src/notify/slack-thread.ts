/** A run in Slack, told by a bot: one message updated in place, the run's steps in the thread below it. */
import type { Log } from '../runtime/log.ts';
import { type Block, stepBlocks, stepsPerReply, stepText } from './blocks.ts';
import { NotifyError } from './errors.ts';
import type { RunMessage, ThreadState } from './port.ts';
import { SlackRefusal } from './slack-answer.ts';
import { callMethod, type SlackClientDeps } from './slack-client.ts';
import type { Bot } from './slack-endpoint.ts';

export interface BotDeps extends SlackClientDeps {
  readonly bot: Bot;
  readonly log?: Pick<Log, 'info'>;
}

/** The message of the run as it should read now. */
export interface Root {
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly username?: string;
}

/** Refusals of an update after which a new message is better than none: it was deleted, or its channel was. */
const gone = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'channel_not_found',
  'is_archived',
]);

/** Updates the thread's message, or posts a new one into `channel` where there is none to update. */
export async function showRoot(
  deps: BotDeps,
  root: Root,
  channel: string,
  thread: ThreadState | undefined,
): Promise<ThreadState> {
  if (thread !== undefined && (await update(deps, root, thread))) {
    return thread;
  }
  const place = await callMethod(deps, deps.bot, 'chat.postMessage', { ...root, channel });
  return { ...place, steps: 0 };
}

/**
 * Posts the steps which the thread lacks; those that came together go as one reply, because a channel takes about one
 * message per second. A rejection carries how far it came.
 */
export async function replySteps(
  deps: BotDeps,
  steps: RunMessage['steps'],
  root: ThreadState,
): Promise<ThreadState> {
  let thread = root;
  while (thread.steps < steps.length) {
    const batch = steps.slice(thread.steps, thread.steps + stepsPerReply);
    try {
      await callMethod(deps, deps.bot, 'chat.postMessage', {
        text: stepText(batch),
        blocks: stepBlocks(batch),
        channel: thread.channel,
        thread_ts: thread.ts,
      });
    } catch (error) {
      throw error instanceof NotifyError ? withThread(error, thread) : error;
    }
    thread = { ...thread, steps: thread.steps + batch.length };
  }
  return thread;
}

/** False when the message is no longer there. */
async function update(deps: BotDeps, root: Root, thread: ThreadState): Promise<boolean> {
  const { channel, ts } = thread;
  try {
    await callMethod(deps, deps.bot, 'chat.update', { text: root.text, blocks: root.blocks, channel, ts });
    return true;
  } catch (error) {
    if (error instanceof SlackRefusal && gone.has(error.word)) {
      deps.log?.info({ channel, reason: error.word }, 'the message of a run is gone; posting a new one');
      return false;
    }
    throw error;
  }
}

function withThread(error: NotifyError, thread: ThreadState): NotifyError {
  return new NotifyError(error.message, {
    code: error.code,
    transient: error.transient,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    thread,
  });
}
