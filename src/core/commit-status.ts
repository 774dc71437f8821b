/** The verdict on a commit, owed to its host: whoever waits for it there (a branch's rules, a promotion, a person) needs no Siskin. */
import type { OutboxEntry } from '../api/canary-status.ts';
import type { CanaryRunStatus } from '../api/run-status.ts';
import type { Milestone } from './milestone.ts';

/** Owed once for each run that ended with a verdict. `reports`: the repository has a host that is known, and writing is allowed. */
export function commitStatusEntries(
  milestone: Milestone | undefined,
  run: CanaryRunStatus | undefined,
  {
    reports,
    text,
    createdAt,
  }: { readonly reports: boolean; readonly text: string; readonly createdAt: string },
): OutboxEntry[] {
  if (!reports || run === undefined || (milestone !== 'Promoted' && milestone !== 'RolledBack')) return [];
  return [
    {
      id: `status/${run.id}`,
      kind: 'status',
      event: milestone === 'Promoted' ? 'Success' : 'Failure',
      runId: run.id,
      text,
      createdAt,
      attempts: 0,
    },
  ];
}
