import { expect, test } from 'vitest';
import { CanaryStatus } from '../../api/canary-status.ts';
import type { EvidencePlan } from './plan.ts';
import { isUnhurried } from './unhurried.ts';

const began = Date.parse('2030-01-31T12:00:00.000Z');
const plan: EvidencePlan = {
  checks: [
    { name: 'budget', kind: 'burnRate', slo: 0.99, windowMs: 60_000, max: 2 },
    {
      name: 'judge',
      kind: 'webhook',
      url: 'http://judge',
      timeoutMs: 1_000,
      everyMs: 30_000,
      failures: 1,
      onFail: 'rollback',
      metadata: {},
    },
  ],
};

/** As written so many seconds after the beginning, five before the next scrape is expected. */
function status(
  seconds: number,
  {
    outcome = 'Pass',
    asked = 1,
    ...more
  }: { outcome?: string; asked?: number } & Record<string, unknown> = {},
): CanaryStatus {
  const at = new Date(began).toISOString();
  const check = (name: string, state: object) => ({
    name,
    outcome,
    message: `${name}: after ${seconds} s.`,
    state: JSON.stringify(state),
  });
  return CanaryStatus.parse({
    phase: 'Progressing',
    canaryWeight: 10,
    message: `after ${seconds} s`,
    run: {
      id: 'run-1',
      revision: 'v1-1',
      startedAt: at,
      evidence: {
        pollAt: new Date(began + (seconds + 5) * 1_000).toISOString(),
        scrapeSeconds: 5,
        checks: [check('budget', { at: seconds }), check('judge', { at: asked })],
      },
    },
    ...more,
  });
}

function unhurried(after: CanaryStatus, seconds: number, before = status(0)): boolean {
  return isUnhurried(before, after, plan, began + seconds * 1_000);
}

test('words and counts may wait a quarter of a minute', () => {
  expect(unhurried(status(5), 5)).toBe(true);
  expect(unhurried(status(10), 10)).toBe(true);
  expect(unhurried(status(15), 15)).toBe(false);
});

test('nothing waits that anybody decides by', () => {
  expect(unhurried(status(5, { outcome: 'Inconclusive' }), 5)).toBe(false);
  expect(unhurried(status(5, { canaryWeight: 20 }), 5)).toBe(false);
  expect(unhurried(status(5, { asked: 2 }), 5)).toBe(false);
  expect(unhurried(status(5), 5, CanaryStatus.parse({ phase: 'Progressing' }))).toBe(false);
  expect(isUnhurried(status(0), status(5), undefined, began + 5_000)).toBe(false);
});

test('what an odd clock wrote is written anew', () => {
  expect(unhurried(status(5), 5, status(3_600))).toBe(false);
  expect(unhurried(status(5), 5, status(-3_600))).toBe(false);
});
