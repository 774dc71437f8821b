/** What keeps a check from being judged at all, each named so that a person knows where to look. */
import type { CheckEvidence, Moment } from './check-evidence.ts';
import { type Countable, type Gauges, seriesOf } from './scraped.ts';
import { type RawSeries, scrapeIntervalOf, seenUntil, timesOf } from './series.ts';

/** Until two samples tell: Prometheus' own default is longer than what most people use. */
const unknownScrapeMs = 15_000;

/** How far the samples of `series` reach, and how far they are apart; or what keeps the check from being judged. */
export function reached(
  name: string,
  scraped: Countable | Gauges,
  series: readonly RawSeries[],
  moment: Moment,
  stored: string | undefined,
): CheckEvidence | { readonly scrapeMs: number; readonly until: number } {
  const scrapeMs = scrapeIntervalOf(series) ?? unknownScrapeMs;
  const trouble = staleOrAbsent(name, scraped, moment, stored, scrapeMs);
  if (trouble !== undefined) return trouble;
  return { scrapeMs, until: seenUntil(series, moment.now, scrapeMs) ?? 0 };
}

/** Series that are not there, or no longer scraped; undefined where all is well. */
function staleOrAbsent(
  name: string,
  scraped: Countable | Gauges,
  { now }: Moment,
  stored: string | undefined,
  scrapeMs: number,
): CheckEvidence | undefined {
  const primary = seriesOf(scraped, 'primary');
  const all = [...seriesOf(scraped, 'canary'), ...primary];
  const state = stored === undefined ? {} : { state: stored };
  const hold = { name, outcome: 'noData', action: 'hold', ...state } as const;
  const { selectors } = scraped;
  const asked = [selectors.primary, selectors.canary].filter(text => text !== '');
  if (all.length === 0) return { ...hold, message: `${name}: no series matches ${asked.join(' or ')}.` };
  // A canary without series has had no request yet; a primary without any is a mistake in the selector.
  if (primary.length === 0 && selectors.primary !== '')
    return { ...hold, message: `${name}: no series matches ${selectors.primary}.` };
  if (seenUntil(all, now, scrapeMs) !== undefined) return undefined;
  const age = Math.round((now - (timesOf(all).at(-1) ?? 0)) / 1_000);
  const message = `${name}: the samples are stale (the newest is ${age} s old); is ${asked[0]} still scraped?`;
  return { ...hold, message, scrapeMs };
}

/** The run has begun, and no scrape since. */
export function noSample(name: string, scrapeMs: number, newest: number): CheckEvidence {
  const message = `${name}: no sample since the canary got its first requests.`;
  return { name, outcome: 'noData', action: 'hold', message, scrapeMs, newest, isUnserved: true };
}
