/** Checks against a limit instead of the primary: a rate of failures with confidence, and how fast the error budget burns. */
import { judgeBurn } from '../analysis/burn.ts';
import { judgeRate } from '../analysis/rate.ts';
import { formatShare } from '../analysis/words.ts';
import type { CheckEvidence, Moment } from './check-evidence.ts';
import type { EvidenceCheck } from './plan.ts';
import { countsOf, everySeriesOf, type Scraped } from './scraped.ts';
import { boundariesOf, reachOf, scrapeIntervalOf, seenUntil, timesOf } from './series.ts';
import { readState } from './stored.ts';
import { noSample, staleOrAbsent, unknownScrapeMs } from './trouble.ts';

type Threshold = Extract<EvidenceCheck, { readonly kind: 'threshold' }>;
type BurnRate = Extract<EvidenceCheck, { readonly kind: 'burnRate' }>;
type Counters = Extract<Scraped, { readonly kind: 'counters' }>;

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
  const trouble = staleOrAbsent(name, scraped, moment, stored);
  if (trouble !== undefined) return trouble;
  const scrapeMs = scrapeIntervalOf(all) ?? unknownScrapeMs;
  const until = seenUntil(all, moment.now, scrapeMs) ?? 0;
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
  const words =
    total > 0
      ? `${range} of ${Math.round(total).toLocaleString('en-US')} requests`
      : 'no request of the canary so far';
  return {
    name,
    outcome,
    limit: `at most ${formatShare(max)}`,
    action: outcome === 'fail' ? 'rollback' : outcome === 'noData' ? 'hold' : 'advance',
    message: `${name}: ${words}, allowed is at most ${formatShare(max)}.`,
    state: JSON.stringify({ at: to, total, bad } satisfies RateState),
    until: to,
    newest: until,
    scrapeMs,
  };
}

interface BurnState {
  readonly at: number;
  readonly holding: boolean;
}

/** The whole service over a window that ends with the newest scrape: whoever's fault it is, it is no time for a release. */
export function judgeBurnRate(
  { name, slo, max, windowMs }: BurnRate,
  stored: string | undefined,
  scraped: Counters,
  moment: Moment,
): CheckEvidence {
  const all = everySeriesOf(scraped);
  const trouble = staleOrAbsent(name, scraped, moment, stored);
  if (trouble !== undefined) return trouble;
  const scrapeMs = scrapeIntervalOf(all) ?? unknownScrapeMs;
  const to = seenUntil(all, moment.now, scrapeMs) ?? 0;
  const from = to - windowMs;
  const span = { from, to, reach: reachOf(all, from, scrapeMs) };
  const [canary, primary] = [countsOf(scraped.canary, span), countsOf(scraped.primary, span)];
  const short = { total: canary.total + primary.total, bad: canary.bad + primary.bad };
  const was = readState<BurnState>(stored, { at: 0, holding: false })?.holding ?? false;
  const { holding, burn } = judgeBurn({ short }, { slo, max }, was);
  const failed = `${formatShare(short.total > 0 ? short.bad / short.total : 0)} of ${Math.round(short.total).toLocaleString('en-US')} requests failed`;
  return {
    name,
    outcome: holding ? 'inconclusive' : 'pass',
    action: holding ? 'hold' : 'advance',
    message: `${name}: ${failed} on both sides, the error budget burns ${Number(burn.toPrecision(3))} times as fast as allowed (limit ${max}).`,
    state: JSON.stringify({ at: to, holding } satisfies BurnState),
    until: to,
    newest: to,
    scrapeMs,
    sharedIncident: holding,
  };
}
