/** Deciding on what was promoted already: a person asks for it to be undone, or it turns out bad while it is watched. */
import type { Decision } from './decision.ts';
import type { Input } from './input.ts';

/** Why the promoted revision cannot be undone, for people; undefined where it can. */
function impossible({ promoted, previous, primary }: Input): string | undefined {
  if (previous === undefined || primary?.previous !== previous) {
    return `the primary keeps no template of a revision before ${promoted}`;
  }
  return undefined;
}

/** A person's word ends a run that is in hand, or undoes what was promoted. */
export function askedBack(input: Input): Decision | undefined {
  const { asked, state, promoted, now } = input;
  if (asked === undefined || promoted === '') return undefined;
  const { phase, context } = state;
  const message = `A person asked for the rollback of revision ${asked.revision}: ${asked.reason.replace(/[.!?]$/, '')}.`;
  const running =
    phase === 'Progressing' ||
    phase === 'WaitingPromotion' ||
    phase === 'Promoting' ||
    phase === 'Finalising';
  if (running) {
    if (asked.revision !== context.revision) return undefined;
    return { event: { type: 'gaveUp', now }, reason: 'RollbackRequested', message, followsAsked: true };
  }
  if (!(phase === 'Succeeded' || phase === 'Failed') || asked.revision !== promoted) return undefined;
  const why = impossible(input);
  if (why !== undefined) {
    // A new release needs no way back.
    if (input.seen?.isPromoted !== true) return undefined;
    return {
      reason: 'RollbackImpossible',
      message: `${message} It cannot be undone: ${why}.`,
      stalled: true,
    };
  }
  return {
    event: { type: 'undone', now, revision: promoted },
    reason: 'RollbackRequested',
    message,
    followsAsked: true,
  };
}

/** The primary gets its template back by a rolling update; requests stay where pods are available. */
export function restoring({ state, promoted, primary }: Input): Decision | undefined {
  if (state.phase !== 'Failed' || primary?.revision !== promoted || primary.ready) return undefined;
  if (!primary.deadlineExceeded) return undefined;
  return {
    reason: 'RestoreStalled',
    message: `The primary does not become ready with revision ${promoted}, which it got back (${primary.message}); requests stay where pods are available.`,
    stalled: true,
  };
}

/** `otherwise` is what holds where the watch has nothing to say. */
export function watching(input: Input, otherwise: Decision): Decision {
  const { state, now, verdict, promoted } = input;
  const { watchUntil, watchAt, watchFailures, plan } = state.context;
  if (state.phase !== 'Succeeded' || watchUntil === 0 || otherwise.event !== undefined) return otherwise;
  if (now >= watchUntil || plan.watch.forMs === 0) {
    return { ...otherwise, event: { type: 'watchEnded', now } };
  }
  if (now < watchAt) {
    const next = Math.min(watchAt, watchUntil);
    return { ...otherwise, wakeAt: Math.min(next, otherwise.wakeAt ?? next) };
  }
  if (verdict === undefined) return { ...otherwise, needsSamples: true };
  if (verdict === 'pass' || verdict.outcome !== 'fail') {
    return { ...otherwise, event: { type: 'watched', now } };
  }
  const count = `failed check ${watchFailures + 1} of ${plan.watch.threshold} after the promotion`;
  const message = `${verdict.check} was ${verdict.value}, allowed is ${verdict.limit} (${count}).`;
  const why = watchFailures + 1 >= plan.watch.threshold ? impossible(input) : undefined;
  if (why !== undefined) {
    return {
      reason: 'RollbackImpossible',
      message: `${message} It cannot be undone: ${why}.`,
      stalled: true,
    };
  }
  return {
    event: { type: 'watchFailed', now, revision: promoted },
    reason: 'WatchFailed',
    message,
  };
}
