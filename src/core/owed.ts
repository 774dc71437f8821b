/** What a decision makes Siskin owe: positions and reverts to Git, messages to people. */
import type { OutboxEntry } from '../api/canary-status.ts';
import type { CanaryRunStatus, RollbackStatus } from '../api/run-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import { type Announcement, alertEntries } from './announce.ts';
import { commitStatusEntries } from './commit-status.ts';
import type { Milestone } from './milestone.ts';
import type { Facts } from './record.ts';

/** When a revert is tried first, where that is not at once. */
export function firstTry({ git, now }: Facts): { nextAttemptAt?: string } {
  return git === undefined || git.delayMs === 0
    ? {}
    : { nextAttemptAt: new Date(now + git.delayMs).toISOString() };
}

export function outboxAfter(
  outbox: readonly OutboxEntry[],
  announcement: Announcement | undefined,
  run: CanaryRunStatus | undefined,
  rollback: RollbackStatus | undefined,
  milestone: Milestone | undefined,
  facts: Facts,
): OutboxEntry[] {
  const createdAt = new Date(facts.now).toISOString();
  const owed: OutboxEntry[] = [];
  const usesGit = facts.git !== undefined && facts.git.mode !== 'Off';
  if (usesGit && milestone === 'Initialized')
    owed.push({ id: 'position/init', kind: 'position', createdAt, attempts: 0 });
  if (usesGit && (milestone === 'NewRevision' || milestone === 'Restarted') && run !== undefined) {
    owed.push({ id: `position/${run.id}`, kind: 'position', runId: run.id, createdAt, attempts: 0 });
  }
  if (milestone === 'RolledBack' && rollback?.state === 'Pending') {
    const { runId } = rollback;
    if (facts.suspendsAutomation === true)
      owed.push({ id: `suspend/${rollback.id}`, kind: 'suspend', createdAt, attempts: 0 });
    owed.push({
      id: `revert/${rollback.id}`,
      kind: 'revert',
      runId,
      createdAt,
      attempts: 0,
      ...firstTry(facts),
    });
  }
  const reports = usesGit && facts.git?.reports === true;
  owed.push(
    ...commitStatusEntries(milestone, run, { reports, text: announcement?.message ?? '', createdAt }),
  );
  if (announcement !== undefined) owed.push(...alertEntries(announcement, facts.alerts, createdAt));
  const current = outbox.filter(entry => !isOutlived(entry, run, rollback));
  const fresh = owed.filter(entry => !current.some(other => other.id === entry.id));
  return trimOutbox([...current, ...fresh]);
}

/** Git work for a run or rollback that another has replaced: nothing would become of it, and it has no bound. */
function isOutlived(
  { id, kind, runId }: OutboxEntry,
  run: CanaryRunStatus | undefined,
  rollback: RollbackStatus | undefined,
): boolean {
  if (kind === 'position' || kind === 'status') return runId !== undefined && runId !== run?.id;
  return kind === 'revert' && id !== `revert/${rollback?.id ?? ''}`;
}

/** Git work is never dropped for want of room; the oldest alerts are. */
export function trimOutbox(entries: readonly OutboxEntry[]): OutboxEntry[] {
  let excess = entries.length - statusLimits.outbox;
  return entries.filter(entry => {
    if (excess <= 0 || entry.kind !== 'alert') return true;
    excess -= 1;
    return false;
  });
}
