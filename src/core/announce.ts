/** Announcing: which milestone is owed to which AlertProvider, as entries of the outbox. */
import type { OutboxEntry } from '../api/canary-status.ts';
import { type Milestone, type Severity, severityOf } from './milestone.ts';

export interface Announcement {
  readonly milestone: Milestone;
  readonly reason: string;
  readonly message: string;
  readonly runId: string;
}

/** One entry of `analysis.alerts`, its provider as `namespace/name`. */
export interface AlertTarget {
  readonly provider: string;
  /** The least severe message to send. */
  readonly severity: Severity;
}

/** Event of an entry that only brings an existing message up to date. */
export const updateEvent = 'Update';

const rank: Readonly<Record<Severity, number>> = { info: 0, warn: 1, error: 2 };

/** A milestone without a severity of its own only updates the message that providers listening to everything have already. */
export function alertEntries(
  { milestone, message, runId }: Announcement,
  alerts: readonly AlertTarget[],
  createdAt: string,
): OutboxEntry[] {
  const severity = severityOf(milestone);
  return alerts
    .filter(alert =>
      severity === undefined
        ? alert.severity === 'info' && runId !== 'init'
        : rank[severity] >= rank[alert.severity],
    )
    .map(alert => ({
      id: `${runId}/${milestone}/${Date.parse(createdAt).toString(36)}/${alert.provider}`.slice(-256),
      kind: 'alert' as const,
      provider: alert.provider,
      severity: severity ?? 'info',
      event: severity === undefined ? updateEvent : milestone,
      runId,
      text: message,
      createdAt,
      attempts: 0,
    }));
}
