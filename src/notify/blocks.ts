/** A run's message as Slack's Block Kit: untrusted text only ever in `plain_text`, every part within Slack's limits. */
import { escapeText, link } from './escape.ts';
import type { RunMessage, Severity } from './port.ts';
import { versionChange } from './versions.ts';

interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  /** False keeps `:name:` in somebody's commit title from becoming a picture. */
  readonly emoji: false;
}

interface Markup {
  readonly type: 'mrkdwn';
  readonly text: string;
  /** True: nothing but what this file wrote becomes a link or a mention. */
  readonly verbatim: true;
}

export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: PlainText | Markup }
  | { readonly type: 'section'; readonly fields: readonly PlainText[] }
  | { readonly type: 'context'; readonly elements: readonly (PlainText | Markup)[] };

type Step = RunMessage['steps'][number];

/** Steps per reply; a message's blocks together have a limit of their own that Slack does not publish. */
export const stepsPerReply = 20;

const limits = { header: 150, section: 3000, field: 2000, context: 500, step: 300, fallback: 3000 } as const;
const imageLines = 6;

/** Unicode rather than a coloured attachment: it stands in notifications too, and attachments are Slack's legacy. */
const signs: Readonly<Record<Severity, string>> = { info: '🟢', warn: '🟠', error: '🔴' };

/** The message's body; at most six blocks. */
export function messageBlocks(message: RunMessage): Block[] {
  const blocks: Block[] = [
    { type: 'header', text: plain(`${signs[message.severity]} ${message.title}`, limits.header) },
  ];
  if (message.text.trim() !== '') {
    blocks.push({ type: 'section', text: plain(message.text, limits.section) });
  }
  const fields = factsOf(message).map(fact => plain(fact, limits.field));
  if (fields.length > 0) {
    blocks.push({ type: 'section', fields });
  }
  if (message.pullRequest !== undefined) {
    blocks.push({ type: 'section', text: pullRequestText(message.pullRequest) });
  } else if (message.commit !== undefined) {
    blocks.push({ type: 'section', text: commitText(message.commit) });
  }
  blocks.push({ type: 'context', elements: [plain(placeOf(message), limits.context)] });
  return blocks;
}

/** What notifications, screen readers and servers without Block Kit show; it stands alone. */
export function messageText(message: RunMessage): string {
  const { namespace, name } = message.canary;
  const lines = [`${signs[message.severity]} ${namespace}/${name}: ${message.title}`, message.text];
  return escapeText(lines.filter(line => line.trim() !== '').join('\n'), limits.fallback);
}

/** The body of one reply in the run's thread. */
export function stepBlocks(steps: readonly Step[]): Block[] {
  return steps.map(step => ({
    type: 'context',
    elements: [...timeOf(step.at), plain(step.text, limits.step)],
  }));
}

/** The reply's fallback text. */
export function stepText(steps: readonly Step[]): string {
  return escapeText(steps.map(step => step.text).join('\n'), limits.fallback) || ' ';
}

function factsOf(message: RunMessage): string[] {
  const facts: string[] = [];
  const versions = versionChange(message.fromImages, message.toImages);
  if (versions.length > 0) {
    const more = versions.length - imageLines;
    const shown = more > 0 ? [...versions.slice(0, imageLines), `and ${more} more`] : versions;
    facts.push(`Version\n${shown.join('\n')}`);
  }
  if (message.weight !== undefined) {
    facts.push(`Weight reached\n${message.weight} %`);
  }
  if (message.check !== undefined) {
    facts.push(`Check\n${message.check.name}: ${message.check.value} (limit ${message.check.limit})`);
  }
  return facts;
}

function commitText(commit: NonNullable<RunMessage['commit']>): PlainText | Markup {
  const id = /^[0-9a-f]{40,64}$/u.test(commit.id) ? commit.id.slice(0, 10) : commit.id;
  const target = commit.url === undefined ? undefined : link(commit.url, id);
  return target === undefined
    ? plain(`Git revert ${id}`, limits.section)
    : { type: 'mrkdwn', text: `Git revert ${target}`, verbatim: true };
}

function pullRequestText({ number, url }: NonNullable<RunMessage['pullRequest']>): PlainText | Markup {
  const target = link(url, `#${number}`);
  return target === undefined
    ? plain(`Pull request #${number}`, limits.section)
    : { type: 'mrkdwn', text: `Pull request ${target}`, verbatim: true };
}

function placeOf(message: RunMessage): string {
  const { namespace, name } = message.canary;
  return [message.cluster, `${namespace}/${name}`, message.target].filter(Boolean).join(' · ');
}

/** The reader's own time zone where the client knows dates, UTC elsewhere; nothing for a time that is none. */
function timeOf(at: number): Markup[] {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) {
    return [];
  }
  const utc = date.toISOString().slice(11, 19);
  const text = `<!date^${Math.floor(at / 1000)}^{time_secs}|${utc} UTC>`;
  return [{ type: 'mrkdwn', text, verbatim: true }];
}

/** Slack refuses an empty text object and with it the whole message. */
function plain(text: string, max: number): PlainText {
  return { type: 'plain_text', text: escapeText(text, max) || ' ', emoji: false };
}
