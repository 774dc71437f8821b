/** Deciding on samples: a pass goes on, a failure counts, and no answer holds. */
import type { Decision } from './decision.ts';
import { isBelow } from './desired.ts';
import { formatDuration } from './duration.ts';
import type { Input } from './input.ts';

export function analysis(input: Input): Decision | undefined {
  const { state, now, route, verdict } = input;
  if (state.phase !== 'Progressing' && state.phase !== 'WaitingPromotion') return undefined;
  const { context } = state;
  const { plan } = context;
  if (now < context.dueAt) return { reason: '', message: '', wakeAt: context.dueAt };
  if (!route.accepted) {
    return undecided(
      input,
      'inconclusive',
      'RouteNotAccepted',
      `The route is not accepted: ${route.message ?? 'no answer yet'}`,
    );
  }
  if (verdict === undefined) return { reason: '', message: '', needsSamples: true };
  if (verdict === 'pass') return passed(input);
  if (verdict.outcome === 'fail') {
    const last = context.failures + 1 >= plan.threshold;
    const count = `failed check ${context.failures + 1} of ${plan.threshold}`;
    return {
      event: { type: 'failed', now },
      reason: last ? 'ChecksFailed' : 'CheckFailed',
      message: `${verdict.check} was ${verdict.value}, allowed is ${verdict.limit} (${count}${at(context.weight)}).`,
    };
  }
  if (verdict.outcome === 'pass') return passed(input);
  const reasons = { noData: 'NoData', error: 'MetricsUnavailable', inconclusive: 'Inconclusive' } as const;
  return undecided(
    input,
    verdict.outcome,
    reasons[verdict.outcome],
    `${verdict.check} has no verdict: ${verdict.value}`,
  );
}

/** Gates are not built: a run that another version of the operator stopped at one goes on when its checks pass. */
function passed({ state, route, now }: Input): Decision {
  if (state.phase === 'Progressing' && isBelow(route, state)) {
    return {
      event: { type: 'canaryReady', now },
      reason: 'StepRepeated',
      message: `All checks passed, but the route did not give the canary its ${state.context.weight} % of the requests; the step begins now.`,
    };
  }
  const type = state.phase === 'WaitingPromotion' ? ('gateOpened' as const) : ('passed' as const);
  return { event: { type, now }, reason: 'ChecksPassed', message: 'All checks passed.' };
}

function at(weight: number): string {
  return weight > 0 ? `, at ${weight} % of the requests` : '';
}

/** Holds the run, and ends it only where the Canary says so. */
function undecided(
  input: Input,
  kind: 'noData' | 'error' | 'inconclusive',
  reason: string,
  why: string,
): Decision {
  const { now } = input;
  const { context } = input.state;
  const rule = context.plan.undecided[kind];
  const since = context.undecidedSince > 0 ? context.undecidedSince : now;
  if (now - since < rule.timeLimitMs)
    return { event: { type: 'undecided', now, kind }, reason, message: `${why}. The run holds.` };
  const limit = formatDuration(rule.timeLimitMs);
  if (rule.policy === 'Hold') {
    return {
      event: { type: 'undecided', now, kind },
      reason: `${reason}TimeLimit`,
      message: `${why}. The run has held for more than ${limit} and needs a person.`,
      overdue: true,
    };
  }
  return {
    event: { type: 'gaveUp', now },
    reason: `${reason}TimeLimit`,
    message: `${why}. No verdict within ${limit}, so the traffic went back; Git was left alone.`,
    inconclusive: true,
  };
}
