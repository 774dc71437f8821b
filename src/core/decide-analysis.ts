/** Deciding on samples: a pass goes on, a failure counts, and no answer holds. */

import { isProven, onEvidence, proven, watching } from './decide-evidence.ts';
import type { Decision } from './decision.ts';
import { isBelow } from './desired.ts';
import type { Input } from './input.ts';
import { undecided } from './undecided.ts';

export function analysis(input: Input): Decision | undefined {
  const { state, now, route, verdict, evidence } = input;
  if (state.phase !== 'Progressing' && state.phase !== 'WaitingPromotion') return undefined;
  const { context } = state;
  const { plan } = context;
  const judged = evidence?.judged;
  if (judged !== undefined && isProven(judged)) return proven(input, judged);
  const dueAt = evidence === undefined ? context.dueAt : evidence.pollAt;
  if (judged === undefined && now < dueAt) return { reason: '', message: '', wakeAt: dueAt };
  // A step that became due while its samples were on their way is decided with the next ones.
  const isDue = now >= context.dueAt && (judged === undefined || verdict !== undefined);
  if (isDue && !route.accepted) {
    return undecided(
      input,
      'inconclusive',
      'RouteNotAccepted',
      `The route is not accepted: ${route.message ?? 'no answer yet'}`,
    );
  }
  const failed = typeof verdict === 'object' && verdict.outcome === 'fail' ? verdict : undefined;
  if (failed === undefined && (evidence === undefined ? verdict === undefined : judged === undefined))
    return { reason: '', message: '', needsSamples: true };
  if (verdict === undefined || !isDue) return judged === undefined ? undefined : watching(input, judged);
  if (failed !== undefined) {
    const last = context.failures + 1 >= plan.threshold;
    const count = `failed check ${context.failures + 1} of ${plan.threshold}`;
    return {
      event: { type: 'failed', now },
      reason: last ? 'ChecksFailed' : 'CheckFailed',
      message: `${failed.check} was ${failed.value}, allowed is ${failed.limit} (${count}${at(context.weight)}).`,
    };
  }
  if (verdict === 'pass' || verdict.outcome === 'pass' || verdict.outcome === 'fail') return passed(input);
  const reasons = { noData: 'NoData', error: 'MetricsUnavailable', inconclusive: 'Inconclusive' } as const;
  return undecided(
    input,
    verdict.outcome,
    reasons[verdict.outcome],
    `${verdict.check} has no verdict: ${verdict.value}`,
  );
}

/** Gates are not built: a run that another version of the operator stopped at one goes on when its checks pass. */
function passed(input: Input): Decision {
  const { state, route, now, evidence } = input;
  if (state.phase === 'Progressing' && isBelow(route, state)) {
    return {
      event: { type: 'canaryReady', now },
      reason: 'StepRepeated',
      message: `All checks passed, but the route did not give the canary its ${state.context.weight} % of the requests; the step begins now.`,
    };
  }
  if (evidence?.judged !== undefined) return onEvidence(input, evidence.judged);
  const type = state.phase === 'WaitingPromotion' ? ('gateOpened' as const) : ('passed' as const);
  return { event: { type, now }, reason: 'ChecksPassed', message: 'All checks passed.' };
}

function at(weight: number): string {
  return weight > 0 ? `, at ${weight} % of the requests` : '';
}
