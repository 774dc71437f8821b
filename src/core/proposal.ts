/** What becomes of an open pull request when another rollback takes the place of the one that asked for it. */
import type { OutboxEntry } from '../api/canary-status.ts';
import type { RollbackStatus } from '../api/run-status.ts';

/** The later rollback undoes the earlier change too, so one pull request is enough: the older one is to be closed. */
export function outlivedProposal(
  previous: RollbackStatus | undefined,
  present: RollbackStatus | undefined,
  createdAt: string,
): OutboxEntry[] {
  if (previous?.pullRequest?.state !== 'Open' || previous.id === present?.id) return [];
  const { number } = previous.pullRequest;
  return [
    {
      id: `close/${previous.id}`.slice(0, 256),
      kind: 'close',
      pullRequest: number,
      text: `Revision ${present?.revision ?? ''} failed as well; its rollback undoes this change too.`,
      createdAt,
      attempts: 0,
    },
  ];
}
