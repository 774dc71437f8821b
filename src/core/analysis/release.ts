/** All checks of a release together: the most cautious action wins, and names who asked for it. */
import type { Judgement } from './judgement.ts';

export interface Named {
  readonly name: string;
  readonly judgement: Pick<Judgement, 'action' | 'outcome' | 'evidence'>;
}

export interface Release<T extends Named> {
  readonly action: Judgement['action'];
  /** The check that decided; absent where all of them are content. */
  readonly decisive?: T;
}

/** A promotion, other than a step, needs a pass of every check. */
export function judgeRelease<T extends Named>(checks: readonly T[], isPromotion: boolean): Release<T> {
  const byEvidence = checks.toSorted((a, b) => b.judgement.evidence - a.judgement.evidence);
  for (const action of ['rollback', 'hold'] as const) {
    const decisive = byEvidence.find(({ judgement }) => judgement.action === action);
    if (decisive !== undefined) return { action, decisive };
  }
  const waiting = isPromotion ? byEvidence.find(({ judgement }) => judgement.outcome !== 'pass') : undefined;
  return waiting === undefined ? { action: 'advance' } : { action: 'hold', decisive: waiting };
}
