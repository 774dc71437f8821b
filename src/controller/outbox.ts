/** The outbox: what a status owes to Git and to people, and how an entry leaves it. */
import type { CanaryStatus, OutboxEntry } from '../api/canary-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import { millis } from '../core/status.ts';
import { nextAttempt, slowCapMs } from './backoff.ts';

export function isDue(entry: OutboxEntry, now: number): boolean {
  return millis(entry.nextAttemptAt) <= now;
}

export function settle(status: CanaryStatus, ids: readonly string[]): CanaryStatus {
  return { ...status, outbox: (status.outbox ?? []).filter(entry => !ids.includes(entry.id)) };
}

export function postpone(
  status: CanaryStatus,
  ids: readonly string[],
  failure: {
    readonly now: number;
    readonly error: string;
    readonly wishMs?: number | undefined;
    readonly capMs?: number;
    readonly blockedBy?: string;
  },
): CanaryStatus {
  const { blockedBy } = failure;
  const outbox = (status.outbox ?? []).map(({ blockedBy: old, ...entry }) =>
    ids.includes(entry.id)
      ? {
          ...entry,
          ...(blockedBy === undefined ? {} : { blockedBy }),
          attempts: entry.attempts + 1,
          nextAttemptAt: nextAttempt(
            failure.now,
            entry.attempts,
            failure.wishMs,
            blockedBy === undefined ? failure.capMs : slowCapMs,
          ),
          lastError: failure.error.slice(0, statusLimits.message),
        }
      : { ...entry, ...(old === undefined ? {} : { blockedBy: old }) },
  );
  return { ...status, outbox };
}

/** Milliseconds until the nearest entry of these is due; undefined where there is none. */
export function nextDue(entries: readonly OutboxEntry[], now: number): number | undefined {
  if (entries.length === 0) return undefined;
  return Math.max(0, Math.min(...entries.map(entry => millis(entry.nextAttemptAt))) - now);
}
