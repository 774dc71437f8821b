/** A check of how fast the whole service spends its error budget, over a short window and a long one. */
import type { Counts } from '../analysis/bet.ts';
import { judgeBurn } from '../analysis/burn.ts';
import { emptyParts, slide, sumOf } from '../analysis/sliding.ts';
import { formatCount, formatShare } from '../analysis/words.ts';
import { formatDuration } from '../duration.ts';
import type { CheckEvidence, Moment } from './check-evidence.ts';
import type { EvidenceCheck } from './plan.ts';
import { type Counters, countsOf, everySeriesOf } from './scraped.ts';
import { reachOf } from './series.ts';
import { readState } from './stored.ts';
import { reached } from './trouble.ts';

type BurnRate = Extract<EvidenceCheck, { readonly kind: 'burnRate' }>;

interface BurnState {
  readonly at: number;
  readonly holding: boolean;
  /** Of the long window; empty where there is none. */
  readonly parts: readonly number[];
}

const form: BurnState = { at: 0, holding: false, parts: [0] };

/** Both windows end with the newest scrape: whoever's fault it is, it is no time for a release. */
export function judgeBurnRate(
  check: BurnRate,
  stored: string | undefined,
  scraped: Counters,
  moment: Moment,
): CheckEvidence {
  const { name, slo, max, windowMs, longWindowMs } = check;
  const all = everySeriesOf(scraped);
  const seen = reached(name, scraped, all, moment, stored);
  if ('outcome' in seen) return seen;
  const { scrapeMs, until: to } = seen;
  const common = { name, until: to, newest: to, scrapeMs };
  if (windowMs < 2 * scrapeMs) {
    const message = `${name}: its window of ${formatDuration(windowMs)} is shorter than two scrapes, of which one comes every ${formatDuration(scrapeMs)}; lengthen burnRate.window.`;
    return { ...common, outcome: 'inconclusive', action: 'hold', message };
  }
  const known = readState(stored, form);
  const from = to - windowMs;
  const first = Math.min(from, known?.at ?? to - (longWindowMs ?? windowMs));
  const reach = reachOf(all, first, scrapeMs);
  const count = (since: number, until: number): Counts => {
    const span = { from: since, to: until, reach };
    const [canary, primary] = [countsOf(scraped.canary, span), countsOf(scraped.primary, span)];
    return { total: canary.total + primary.total, bad: canary.bad + primary.bad };
  };
  const short = count(from, to);
  const parts = longWindowMs === undefined ? [] : partsOf(longWindowMs, known, to, count);
  const windows = longWindowMs === undefined ? { short } : { short, long: sumOf(parts) };
  const judged = judgeBurn(windows, { slo, max }, known?.holding ?? false);
  const { holding } = judged;
  const failed = `${formatShare(short.total > 0 ? short.bad / short.total : 0)} of ${formatCount(short.total)} requests failed`;
  const pace = `the error budget burns ${times(judged.short)} as fast as allowed (limit ${max})`;
  const long =
    longWindowMs === undefined ? '' : `, over ${formatDuration(longWindowMs)} ${times(judged.long)}`;
  return {
    ...common,
    outcome: holding ? 'inconclusive' : 'pass',
    action: holding ? 'hold' : 'advance',
    value: judged.short,
    message: `${name}: ${failed} on both sides in ${formatDuration(windowMs)}, ${pace}${long}.`,
    state: JSON.stringify({ at: to, holding, parts } satisfies BurnState),
    sharedIncident: holding,
  };
}

function partsOf(
  lengthMs: number,
  known: BurnState | undefined,
  to: number,
  count: (from: number, to: number) => Counts,
): readonly number[] {
  const isKnown = known !== undefined && known.parts.length === emptyParts.length && known.at <= to;
  return isKnown
    ? slide({ at: known.at, parts: known.parts }, { to, lengthMs, count })
    : slide({ at: to - lengthMs, parts: emptyParts }, { to, lengthMs, count });
}

function times(burn: number): string {
  return `${Number(burn.toPrecision(3))} times`;
}
