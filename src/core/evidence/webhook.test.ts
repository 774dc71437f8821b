import { expect, test } from 'vitest';
import type { EvidenceCheck } from './plan.ts';
import { isAskDue, judgeWebhook } from './webhook.ts';

const check: Extract<EvidenceCheck, { readonly kind: 'webhook' }> = {
  name: 'judge',
  kind: 'webhook',
  url: 'http://judge',
  timeoutMs: 10_000,
  everyMs: 30_000,
  failures: 2,
  onFail: 'rollback',
  metadata: {},
};
const now = 1_000_000;

function judge(stored: string | undefined, status?: number, own: Partial<typeof check> = {}) {
  const answer = status === undefined ? undefined : { status, text: 'why' };
  const moment = { now, analysedFrom: 0 };
  return judgeWebhook({ ...check, ...own }, stored, { kind: 'answer', answer }, moment);
}

test('only 2xx passes; bad answers hold until there are enough of them in a row', () => {
  expect(judge(undefined, 200)).toMatchObject({ outcome: 'pass', action: 'advance', until: now });
  const once = judge(undefined, 302);
  expect(once).toMatchObject({ outcome: 'inconclusive', action: 'hold' });
  expect(once.message).toBe('judge: the webhook answered 302, "why" (1 of 2 in a row).');
  expect(judge(once.state, 500)).toMatchObject({ outcome: 'fail', action: 'rollback' });
  expect(judge(judge(once.state, 200).state, 500)).toMatchObject({ outcome: 'inconclusive' });
  expect(judge(once.state, 500, { onFail: 'hold' })).toMatchObject({
    outcome: 'inconclusive',
    action: 'hold',
  });
});

test('an answer stands until the next one', () => {
  const { state } = judge(undefined, 200);
  expect(judge(state)).toMatchObject({ outcome: 'pass', state });
  expect(judge(undefined)).toMatchObject({ outcome: 'noData', action: 'hold' });
  expect(judge('{"at":"x"}')).toMatchObject({ outcome: 'noData' });
});

test('it is asked anew after its time, and once before a step ends', () => {
  const { state } = judge(undefined, 200);
  const soon = { now: now + 10_000, stepAt: now - 1, dueAt: now + 20_000 };
  expect(isAskDue(check, undefined, soon)).toBe(true);
  expect(isAskDue(check, state, soon)).toBe(false);
  expect(isAskDue(check, state, { ...soon, now: now + 30_000 })).toBe(true);
  expect(isAskDue(check, state, { now: now + 10_000, stepAt: now + 1, dueAt: now + 20_000 })).toBe(false);
  expect(isAskDue(check, state, { now: now + 20_000, stepAt: now + 1, dueAt: now + 20_000 })).toBe(true);
});
