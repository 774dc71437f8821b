/** A revert that comes late: what was promoted since the rollback holds what failed, or has replaced it. */
import type { CanaryStatus } from '../api/canary-status.ts';

/** Why what failed may have passed by now: what is in Git then belongs to what serves users. */
export function newerPromotion({ rollback, promoted }: CanaryStatus): string | undefined {
  const expected = rollback?.toRevision;
  if (expected === undefined || promoted === undefined || promoted.revision === expected) return undefined;
  return `Revision ${promoted.revision} was promoted since, so the revert is no longer asked for.`;
}
