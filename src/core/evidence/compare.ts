/** One check of the canary against the primary: from raw samples, batch by batch, to what they prove. */
import { type CheckState, startCheck } from '../analysis/check.ts';
import { chooseBounds } from '../analysis/histogram.ts';
import { assess, type Judgement, judgeBatch } from '../analysis/judgement.ts';
import type { CheckSettings } from '../analysis/settings.ts';
import { judgementSentence } from '../analysis/words.ts';
import type { CheckEvidence, Moment } from './check-evidence.ts';
import type { EvidenceCheck } from './plan.ts';
import { armOf, bucketsOf, type Countable, everySeriesOf, seriesOf } from './scraped.ts';
import { boundariesOf, growth, reachOf, timesOf } from './series.ts';
import { readState } from './stored.ts';
import { noSample, reached } from './trouble.ts';

type Compare = Extract<EvidenceCheck, { readonly kind: 'compare' }>;

/**
 * Judges every batch that is complete and was not judged before. The same samples and the same stored state give the same
 * verdict at the same boundary, so that a pass which died before its commit is repeated, not counted twice.
 */
export function judgeCompare(
  check: Compare,
  stored: string | undefined,
  scraped: Countable,
  moment: Moment,
): CheckEvidence {
  const { name, settings } = check;
  const all = [...seriesOf(scraped, 'canary'), ...seriesOf(scraped, 'primary')];
  const seen = reached(name, scraped, all, moment, stored);
  if ('outcome' in seen) return seen;
  const { scrapeMs, until } = seen;
  const begun = begin(check, stored, scraped, moment, scrapeMs, until);
  if (begun === undefined) return noSample(name, scrapeMs, until);
  if (begun.bounds?.length === 0) {
    const message = `${name}: no bucket of ${scraped.selectors.primary} has requests on both of its sides, so slow ones cannot be told from others; add buckets near the usual latency.`;
    return { name, outcome: 'inconclusive', action: 'hold', message, scrapeMs, newest: until, until };
  }
  let judgement: Judgement | undefined;
  const bounds = begun.bounds ?? [];
  const reach = reachOf(everySeriesOf(scraped), begun.at, scrapeMs);
  for (const to of boundariesOf(all, { from: begun.at, until, scrapeMs })) {
    const state = judgement?.state ?? begun;
    const from = state.at;
    const batch = {
      from: Math.max(from, Math.min(moment.analysedFrom, to)),
      to,
      canary: armOf(scraped, 'canary', { from, to, reach, bounds }),
      primary: armOf(scraped, 'primary', { from, to, reach, bounds }),
    };
    judgement = judgeBatch(state, batch, settings);
    if (judgement.action === 'rollback') break;
  }
  judgement ??= assess(begun, settings);
  const { state, outcome, action, canary, expected, outside } = judgement;
  return {
    name,
    outcome,
    action,
    value: canary.total > 0 ? (100 * canary.bad) / canary.total : 0,
    message: `${judgementSentence(name, judgement)}.`,
    state: JSON.stringify(state),
    until: state.at,
    newest: until,
    scrapeMs,
    isUnserved: canary.total === 0,
    sharedIncident: action === 'hold' && outside === 'both',
    counts: { canary, primary: expected, tolerance: settings.tolerance },
    requestsPerSecond: rateOf(all, scraped, until, scrapeMs),
  };
}

const forms = new WeakMap<CheckSettings, CheckState>();

/** What a stored state looks like. */
function formOf(settings: CheckSettings): CheckState {
  const known = forms.get(settings) ?? startCheck([], 0, settings);
  forms.set(settings, known);
  return known;
}

/** The stored state, or a new one; undefined where there is no boundary to begin at yet. */
function begin(
  { settings, slowerThanMs }: Compare,
  stored: string | undefined,
  scraped: Countable,
  { analysedFrom }: Moment,
  scrapeMs: number,
  until: number,
): CheckState | undefined {
  const known = readState(stored, formOf(settings));
  if (known !== undefined) return known;
  const all = [...seriesOf(scraped, 'canary'), ...seriesOf(scraped, 'primary')];
  const at = beginning(scraped, timesOf(all), analysedFrom, scrapeMs);
  if (at === undefined || at > until) return undefined;
  const marks = boundariesOf(all, { from: 0, until: at, scrapeMs });
  const reach = reachOf([], 0, scrapeMs);
  const bounds =
    scraped.kind === 'histograms'
      ? chooseBounds(
          bucketsOf(scraped, 'primary', { from: marks[0] ?? at, to: at, reach }),
          slowerThanMs === undefined ? undefined : slowerThanMs / 1_000,
        )
      : [];
  const history = marks
    .slice(1)
    .map((to, index) => armOf(scraped, 'primary', { from: marks[index] ?? to, to, reach, bounds }));
  return startCheck(history, at, settings, scraped.kind === 'histograms' ? bounds : undefined);
}

/**
 * The last scrape before the canary's first requests; where requests to an earlier run's canary were still counted then,
 * the first scrape after, so that this run is not judged by them.
 */
function beginning(
  scraped: Countable,
  times: readonly number[],
  analysedFrom: number,
  scrapeMs: number,
): number | undefined {
  const last = times.findLast(at => at <= analysedFrom);
  const next = times.find(at => at >= analysedFrom);
  if (last === undefined) return next;
  const reach = reachOf([], 0, scrapeMs);
  const before = growth(seriesOf(scraped, 'canary'), last - 2 * scrapeMs, last, reach);
  return before > 0 ? next : last;
}

/** Requests to both sides in the last minute. */
function rateOf(all: readonly unknown[], scraped: Countable, until: number, scrapeMs: number): number {
  if (scraped.kind !== 'counters' || all.length === 0) return 0;
  const firsts = scraped.primary.total.map(({ samples }) => samples[0]?.[0] ?? until);
  const from = Math.max(until - 60_000, Math.min(...firsts, until));
  const reach = reachOf([], 0, scrapeMs);
  const requests =
    growth(scraped.canary.total, from, until, reach) + growth(scraped.primary.total, from, until, reach);
  return until > from ? (requests * 1_000) / (until - from) : 0;
}
