/** One check by somebody else: a webhook's answers, each of which stands until the next. */
import type { CheckEvidence, Moment } from './check-evidence.ts';
import type { EvidenceCheck } from './plan.ts';
import type { Answer } from './scraped.ts';
import { readState } from './stored.ts';

type WebhookCheck = Extract<EvidenceCheck, { readonly kind: 'webhook' }>;

interface WebhookState {
  /** When it was asked last, ms since the epoch. */
  readonly at: number;
  readonly status: number;
  /** Answers in a row that were none of 2xx. */
  readonly failed: number;
  readonly text: string;
}

const fresh: WebhookState = { at: 0, status: 0, failed: 0, text: '' };

/** Whether it is to be asked in this pass: again after `everyMs`, and once for every step that ends. */
export function isAskDue(
  { everyMs }: WebhookCheck,
  stored: string | undefined,
  { now, stepAt, dueAt }: { readonly now: number; readonly stepAt: number; readonly dueAt: number },
): boolean {
  const known = readState(stored, fresh);
  if (known === undefined || now - known.at >= everyMs) return true;
  return known.at <= stepAt && now >= dueAt;
}

/** `answer` is undefined where it was not asked in this pass. */
export function judgeWebhook(
  check: WebhookCheck,
  stored: string | undefined,
  { answer }: Answer,
  { now }: Moment,
): CheckEvidence {
  const { name, failures, onFail } = check;
  const before = readState(stored, fresh);
  if (answer === undefined && before === undefined) {
    return { name, outcome: 'noData', action: 'hold', message: `${name}: it was not asked yet.` };
  }
  const state = answer === undefined ? (before ?? fresh) : after(before ?? fresh, answer, now);
  const passes = isPass(state.status);
  const said = state.text === '' ? '' : `, "${state.text}"`;
  const row = !passes && failures > 1 ? ` (${state.failed} of ${failures} in a row)` : '';
  const common = {
    name,
    limit: 'an answer of 200 to 299',
    value: state.status,
    message: `${name}: the webhook answered ${state.status}${said}${row}.`,
    state: JSON.stringify(state),
    until: state.at,
  };
  if (passes) return { ...common, outcome: 'pass', action: 'advance' };
  if (onFail === 'hold' || state.failed < failures)
    return { ...common, outcome: 'inconclusive', action: 'hold' };
  return { ...common, outcome: 'fail', action: 'rollback' };
}

function after(
  before: WebhookState,
  { status, text }: NonNullable<Answer['answer']>,
  now: number,
): WebhookState {
  return { at: now, status, failed: isPass(status) ? 0 : before.failed + 1, text };
}

function isPass(status: number): boolean {
  return status >= 200 && status < 300;
}
