/** Deciding on evidence: what is proven ends the run at once, what is not enough holds, and the impact budget paces the weight. */
import type { Decision } from './decision.ts';
import type { Evidence } from './evidence/release.ts';
import type { Input } from './input.ts';
import { undecided } from './undecided.ts';
import { nextWeight, plannedWeight } from './weights.ts';
import { progress } from './words.ts';

/** A step may wait so many scrapes for samples of its own before their absence is a trouble. */
const graceScrapes = 3;
const graceMs = 10_000;
const unknownScrapeMs = 15_000;

export function isProven({ decisive }: Evidence): boolean {
  return decisive.action === 'rollback';
}

/** No further failure is waited for, and no step. */
export function proven({ state, now }: Input, { decisive }: Evidence): Decision {
  const { weight } = state.context;
  const at = weight > 0 ? ` It had ${weight} % of the requests.` : '';
  return {
    event: { type: 'proven', now },
    reason: 'ChecksFailed',
    message: `${decisive.message}${at}`,
  };
}

/** Between two steps: the weight may rise to what the step asks for, as the evidence allows. */
export function watching(input: Input, judged: Evidence): Decision {
  const { state, now } = input;
  const { context } = state;
  const { decisive, allowed, pollAt } = judged;
  if (mayRise(state, judged)) {
    return {
      event: { type: 'eased', now, limit: allowed ?? context.weight },
      reason: 'ImpactBudget',
      message: '',
      evidence: decisive.message,
    };
  }
  // What holds the run stays told until it is over.
  if (context.undecidedSince > 0) return { reason: '', message: '', wakeAt: pollAt };
  return { reason: 'Progressing', message: `${progress(context)} ${decisive.message}`, wakeAt: pollAt };
}

/** The step is over and Flagger's checks, if any, have passed. */
export function onEvidence(input: Input, judged: Evidence): Decision {
  const { state, now } = input;
  const { plan, weight, bound } = state.context;
  const { decisive, allowed } = judged;
  const why = decisive.message.replace(/\.$/, '');
  // Less than a request a minute may be all that the least weight brings: the budget tells whether it is more that is missing.
  const isStarved = decisive.isUnserved === true && mayRise(state, judged);
  if (isStarved || isEarly(input, judged)) return watching(input, judged);
  if (decisive.outcome === 'error') return undecided(input, 'error', 'MetricsUnavailable', why);
  if (decisive.outcome === 'noData') return undecided(input, 'noData', 'NoData', why);
  if (judged.until <= state.context.stepAt)
    return undecided(input, 'noData', 'NoData', `${why}; there is no sample of this step yet`);
  if (decisive.action === 'hold') {
    const reason = decisive.sharedIncident === true ? 'SharedIncident' : 'Inconclusive';
    return undecided(input, 'inconclusive', reason, why);
  }
  const last = nextWeight(plan, plannedWeight(state.context)) === undefined;
  if (last && weight < bound) {
    if ((allowed ?? 0) > weight) return watching(input, judged);
    const budget = `the impact budget allows the canary ${allowed ?? weight} % of the requests so far`;
    return undecided(input, 'inconclusive', 'ImpactBudget', `${why}; ${budget}`, true);
  }
  if (last && decisive.outcome === 'inconclusive')
    return undecided(input, 'inconclusive', 'TooFewRequests', why, true);
  const limit = plan.evidence?.budget === undefined ? {} : { limit: allowed ?? weight };
  const passes =
    state.phase === 'WaitingPromotion'
      ? { type: 'gateOpened' as const, now }
      : { type: 'passed' as const, now, ...limit };
  return {
    event: passes,
    reason: 'ChecksPassed',
    message: 'All checks passed.',
    evidence: decisive.message,
  };
}

function mayRise({ phase, context }: Input['state'], { allowed = 0, checks }: Evidence): boolean {
  const { weight, bound } = context;
  // Before its first request the budget takes the canary to be as bad as can be, so that it needs no sample of it.
  const isHeld = checks.some(({ action, isUnserved }) => action === 'hold' && isUnserved !== true);
  return phase === 'Progressing' && !isHeld && weight < bound && allowed > weight;
}

/** The samples of this step are still on their way: the gateway takes a moment, and so does the scrape. */
function isEarly({ state, now }: Input, { until, decisive, scrapeMs = unknownScrapeMs }: Evidence): boolean {
  const { stepAt } = state.context;
  const isWaiting = until <= stepAt || decisive.outcome === 'noData';
  return isWaiting && decisive.outcome !== 'error' && now - stepAt < graceScrapes * scrapeMs + graceMs;
}
