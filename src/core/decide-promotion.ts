/** Deciding on a promotion: the primary rolls out the judged revision, takes the requests back, and the canary drains. */
import type { Decision } from './decision.ts';
import type { Input } from './input.ts';

/** The primary does not become ready with what was written to it. */
export function isLate({ state, primary, now }: Input): boolean {
  const { readyBy } = state.context;
  return primary?.ready === false && readyBy > 0 && (now >= readyBy || primary.deadlineExceeded);
}

export function promoting(input: Input): Decision | undefined {
  const { state, primary, now } = input;
  if (state.phase !== 'Promoting') return undefined;
  const { context } = state;
  if (primary?.revision !== context.revision) {
    return {
      reason: 'Promoting',
      message: `Revision ${context.revision} passed and is copied to the primary.`,
    };
  }
  if (!primary.ready) {
    if (isLate(input)) {
      return {
        reason: 'PromotionStalled',
        message: `The primary does not become ready with revision ${context.revision} (${primary.message}); requests stay where pods are available.`,
        stalled: true,
      };
    }
    const wakeAt = context.readyBy > 0 ? { wakeAt: context.readyBy } : {};
    return {
      reason: 'Promoting',
      message: `The primary rolls out revision ${context.revision}: ${primary.message}.`,
      ...wakeAt,
    };
  }
  if (now < context.dueAt) {
    return {
      reason: 'Promoting',
      message: 'The primary takes the requests back in steps.',
      wakeAt: context.dueAt,
    };
  }
  return {
    event: { type: 'primaryReady', now },
    reason: 'PrimaryReady',
    message: `The primary runs revision ${context.revision}.`,
  };
}

export function finalising({ state, now }: Input): Decision | undefined {
  if (state.phase !== 'Finalising') return undefined;
  const { context } = state;
  if (now < context.dueAt) {
    return {
      reason: 'Finalising',
      message: 'All requests go to the primary; the canary finishes its last ones.',
      wakeAt: context.dueAt,
    };
  }
  return {
    event: { type: 'elapsed', now },
    reason: 'Promoted',
    message: `Revision ${context.revision} was promoted.`,
  };
}
