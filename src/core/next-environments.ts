/** The next environments: a revision that was promoted here is owed to each target of `spec.promotion`, the latest one only. */
import type { CanaryStatus, OutboxEntry, PromotionStatus } from '../api/canary-status.ts';
import type { Milestone } from './milestone.ts';

/** One target of `spec.promotion`, as far as its beginning goes. */
export interface NextTarget {
  readonly name: string;
  /** How long the revision must serve here first, in milliseconds. */
  readonly soakMs: number;
}

/** The entry of the outbox that a promotion waits in. */
export function promotionEntryId({ id }: Pick<PromotionStatus, 'id'>): string {
  return `promotion/${id}`;
}

/** The status with what a milestone makes of its promotions; a newer one takes the place of one that still waits. */
export function withPromotions(
  status: CanaryStatus,
  milestone: Milestone | undefined,
  facts: { readonly now: number; readonly canaryUid: string; readonly next?: readonly NextTarget[] },
): CanaryStatus {
  const { promoted, run } = status;
  if (milestone !== 'Promoted' || promoted === undefined || run === undefined) return status;
  const promotedAt = new Date(facts.now).toISOString();
  const promotions = (facts.next ?? []).map(
    ({ name, soakMs }): PromotionStatus => ({
      target: name,
      id: `${facts.canaryUid.slice(0, 8)}-${run.id}-${name}`,
      revision: promoted.revision,
      state: soakMs > 0 ? 'Soaking' : 'Pending',
      promotedAt,
      dueAt: new Date(facts.now + soakMs).toISOString(),
    }),
  );
  const owed = promotions.map(
    (promotion): OutboxEntry => ({
      id: promotionEntryId(promotion),
      kind: 'promotion',
      runId: run.id,
      createdAt: promotedAt,
      attempts: 0,
      nextAttemptAt: promotion.dueAt,
    }),
  );
  const others = (status.outbox ?? []).filter(({ kind }) => kind !== 'promotion');
  const { promotions: _promotions, ...rest } = status;
  return {
    ...rest,
    ...(promotions.length === 0 ? {} : { promotions }),
    outbox: [...others, ...owed],
  };
}
