/** A check of the canary against a fixed share of failures, with confidence. */
import { judgeRate } from '../analysis/rate.ts';
import { formatCount, formatShare } from '../analysis/words.ts';
import type { CheckEvidence, Moment } from './check-evidence.ts';
import type { EvidenceCheck } from './plan.ts';
import { type Counters, countsOf, everySeriesOf } from './scraped.ts';
import { boundariesOf, reachOf, timesOf } from './series.ts';
import { readState } from './stored.ts';
import { noSample, reached } from './trouble.ts';

type Threshold = Extract<EvidenceCheck, { readonly kind: 'threshold' }>;

interface RateState {
  readonly at: number;
  readonly total: number;
  readonly bad: number;
}

/** Fails once the run's counts rule out that the canary is within its limit; the warm-up does not count. */
export function judgeThreshold(
  { name, max, alpha, warmUpMs }: Threshold,
  stored: string | undefined,
  scraped: Counters,
  moment: Moment,
): CheckEvidence {
  const all = everySeriesOf(scraped);
  const seen = reached(name, scraped, all, moment, stored);
  if ('outcome' in seen) return seen;
  const { scrapeMs, until } = seen;
  const begin = timesOf(all).find(at => at >= moment.analysedFrom + warmUpMs);
  const known = readState<RateState>(stored, { at: 0, total: 0, bad: 0 });
  const from = known?.at ?? begin;
  if (from === undefined || from > until) return noSample(name, scrapeMs, until);
  const to = boundariesOf(all, { from, until, scrapeMs }).at(-1) ?? from;
  const more = countsOf(scraped.canary, { from, to, reach: reachOf(all, from, scrapeMs) });
  const total = (known?.total ?? 0) + more.total;
  const bad = (known?.bad ?? 0) + more.bad;
  const { outcome, lower, upper } = judgeRate({ total, bad }, { max, alpha });
  const range = `between ${formatShare(lower)} and ${formatShare(upper)} failed`;
  const words = total > 0 ? `${range} of ${formatCount(total)} requests` : 'no request of the canary so far';
  return {
    name,
    outcome,
    limit: `at most ${formatShare(max)}`,
    action: outcome === 'fail' ? 'rollback' : outcome === 'noData' ? 'hold' : 'advance',
    value: total > 0 ? (100 * bad) / total : 0,
    message: `${name}: ${words}, allowed is at most ${formatShare(max)}.`,
    state: JSON.stringify({ at: to, total, bad } satisfies RateState),
    until: to,
    newest: until,
    isUnserved: total === 0,
    scrapeMs,
  };
}
