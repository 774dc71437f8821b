import { describe, expect, test } from 'vitest';
import type { CanaryStatus, OutboxEntry } from '../api/canary-status.ts';
import { nextAttempt, slowCapMs } from './backoff.ts';
import { isDue, nextDue, postpone, settle } from './outbox.ts';

const now = Date.parse('2026-01-02T03:04:05.000Z');

function entry(id: string, inMs?: number): OutboxEntry {
  const time = inMs === undefined ? {} : { nextAttemptAt: new Date(now + inMs).toISOString() };
  return { id, kind: 'alert', createdAt: new Date(now).toISOString(), attempts: 0, ...time };
}

test.each([
  [0, 0, 1_000],
  [1, 0, 2_000],
  [5, 0, 32_000],
  [6, 0, 60_000],
  [1_000_000, 0, 60_000],
  [0, 30_000, 30_000],
  [5, 1_000, 32_000],
  [0, 3_600_000, 60_000],
])('after %i failures and a wish of %i ms the next try is in %i ms', (attempts, wish, waitMs) => {
  expect(Date.parse(nextAttempt(now, attempts, wish)) - now).toBe(waitMs);
});

test.each([
  [3, 8_000],
  [9, 512_000],
  [10, 900_000],
  [1_000, 900_000],
])('what cannot succeed waits %i times doubled: %i ms', (attempts, waitMs) => {
  expect(Date.parse(nextAttempt(now, attempts, 0, slowCapMs)) - now).toBe(waitMs);
});

describe('due', () => {
  test.each([
    [undefined, true],
    [0, true],
    [-1, true],
    [1, false],
  ])('an entry for in %s ms: %s', (inMs, due) => {
    expect(isDue(entry('a', inMs), now)).toBe(due);
  });

  test('the nearest entry counts, and none is never', () => {
    expect(nextDue([entry('a', 500), entry('b', 200)], now)).toBe(200);
    expect(nextDue([entry('a', 500), entry('b', -200)], now)).toBe(0);
    expect(nextDue([], now)).toBeUndefined();
  });
});

describe('an entry', () => {
  const status: CanaryStatus = { message: 'Hi.', outbox: [entry('a'), entry('b')] };

  test('leaves when it is settled, alone', () => {
    expect(settle(status, ['a', 'gone'])).toEqual({ message: 'Hi.', outbox: [entry('b')] });
    expect(settle({}, ['a'])).toEqual({ outbox: [] });
  });

  test('that fails keeps its place, why, and when to try again', () => {
    const failed = postpone(status, ['a'], { now, error: 'x'.repeat(2_000), wishMs: 5_000 });
    expect(failed.outbox).toEqual([
      { ...entry('a', 5_000), attempts: 1, lastError: 'x'.repeat(1_024) },
      entry('b'),
    ]);
  });
});
