/** A Canary's evidence as the plan and the replay need it: its steps as a ramp, and its checks on errors. */
import { failedRequestsOf } from '../core/analysis/budget.ts';
import type { Ramp } from '../core/analysis/ramp.ts';
import type { CheckSettings } from '../core/analysis/settings.ts';
import { formatShare } from '../core/analysis/words.ts';
import { formatDuration } from '../core/duration.ts';
import { limitOf } from '../core/evidence/gauge.ts';
import type { EvidenceCheck } from '../core/evidence/plan.ts';
import type { Plan } from '../core/plan.ts';

/** With the impact budget, where there is one: found out two scrapes later, and some seconds on the way. */
export function rampOf(plan: Plan, requestsPerSecond: number, scrapeSeconds: number): Ramp {
  const { weights, intervalMs, evidence } = plan;
  const ramp = { steps: weights.map(weight => weight / 100), stepSeconds: intervalMs / 1_000 };
  const budget = evidence?.budget;
  if (budget === undefined) return ramp;
  const failedRequests =
    'failedRequests' in budget
      ? budget.failedRequests
      : failedRequestsOf(budget.errorBudgetShare, budget.slo, requestsPerSecond);
  const [compared] = comparedErrors(plan);
  const tolerance = compared?.settings.tolerance ?? 0;
  return { ...ramp, budget: { failedRequests, latencySeconds: 2 * scrapeSeconds + 5, tolerance } };
}

/** For people: what passes, and what is found out. */
export function wordsOf(check: EvidenceCheck): { readonly limit: string; readonly notices: string } {
  switch (check.kind) {
    case 'compare':
      return {
        limit: 'no worse than the primary',
        notices: 'at every scrape: a difference that the requests so far prove',
      };
    case 'threshold': {
      const share = formatShare(check.max);
      return {
        limit: `at most ${share}`,
        notices: `at every scrape: more than ${share} failing, as far as the requests so far prove it`,
      };
    }
    case 'gauge':
      return {
        limit: limitOf(check),
        notices: `after twenty measurements of ${formatDuration(check.everyMs)}: a mean of the pods beyond that, as far as they prove it`,
      };
    case 'webhook':
      return {
        limit: 'an answer of 200 to 299',
        notices: `every ${formatDuration(check.everyMs)}: what ${URL.parse(check.url)?.host ?? 'the webhook'} knows`,
      };
    case 'burnRate':
      return {
        limit: `burn rate at most ${check.max}`,
        notices: `an error budget that burns faster over ${windowsOf(check)} holds the release; it never fails it`,
      };
  }
}

function windowsOf({ windowMs, longWindowMs }: Extract<EvidenceCheck, { kind: 'burnRate' }>): string {
  const short = formatDuration(windowMs);
  return longWindowMs === undefined ? short : `${short} and over ${formatDuration(longWindowMs)}`;
}

export function comparedErrors({
  evidence,
}: Plan): { readonly name: string; readonly settings: CheckSettings }[] {
  return (evidence?.checks ?? []).flatMap(check =>
    check.kind === 'compare' && check.settings.kind === 'errors'
      ? [{ name: check.name, settings: check.settings }]
      : [],
  );
}
