/** What was scraped for one check, and how much of it fell between two boundaries. */
import type { Arm } from '../analysis/batch.ts';
import { slower } from '../analysis/histogram.ts';
import { growth, type RawSeries, type Reach } from './series.ts';

/** Counters of one side: all requests, and those that failed. */
export interface CounterSeries {
  readonly total: readonly RawSeries[];
  readonly bad: readonly RawSeries[];
}

export type Scraped =
  | {
      readonly kind: 'counters';
      readonly canary: CounterSeries;
      readonly primary: CounterSeries;
      /** For people: the selectors that were asked for; empty for a side that the check does not have. */
      readonly selectors: { readonly canary: string; readonly primary: string };
    }
  | {
      readonly kind: 'histograms';
      /** Series of `<name>_bucket`. */
      readonly canary: readonly RawSeries[];
      readonly primary: readonly RawSeries[];
      readonly selectors: { readonly canary: string; readonly primary: string };
      /** How many ms a unit of `le` is. */
      readonly unitMs: number;
    }
  | {
      readonly kind: 'gauges';
      readonly canary: readonly RawSeries[];
      readonly primary: readonly RawSeries[];
      readonly selectors: { readonly canary: string; readonly primary: string };
    }
  /** Of a webhook; undefined where it was not asked in this pass. */
  | {
      readonly kind: 'answer';
      readonly answer: { readonly status: number; readonly text: string } | undefined;
    }
  /** There is nothing to judge; `why` names what is missing. */
  | { readonly kind: 'noData' | 'error' | 'inconclusive'; readonly why: string };

export type Counters = Extract<Scraped, { readonly kind: 'counters' }>;
export type Answer = Extract<Scraped, { readonly kind: 'answer' }>;
export type Gauges = Extract<Scraped, { readonly kind: 'gauges' }>;
export type Countable = Extract<Scraped, { readonly kind: 'counters' | 'histograms' }>;
export type SideName = 'canary' | 'primary';

/** Every series of one side. */
export function seriesOf(scraped: Countable | Gauges, side: SideName): readonly RawSeries[] {
  return scraped.kind === 'counters' ? scraped[side].total : scraped[side];
}

/** Every series that was scraped, those of failed requests included. */
export function everySeriesOf(scraped: Countable): readonly RawSeries[] {
  const sides = [scraped.canary, scraped.primary];
  return sides.flatMap(side => ('total' in side ? [...side.total, ...side.bad] : side));
}

/** All requests of one side in (`from`, `to`], and those that failed. */
export function countsOf(
  { total, bad }: CounterSeries,
  { from, to, reach }: Span,
): { total: number; bad: number } {
  const all = growth(total, from, to, reach);
  // Two counters of one target are scraped together, but interpolation can still put one ahead of the other.
  return { total: all, bad: Math.min(all, growth(bad, from, to, reach)) };
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly reach: Reach;
}

/** Cumulative buckets by `le` in seconds; an unreadable `le` counts for nothing. */
export function bucketsOf(
  scraped: Extract<Scraped, { readonly kind: 'histograms' }>,
  side: SideName,
  { from, to, reach }: Span,
): { le: number; count: number }[] {
  const byBound = Map.groupBy(
    scraped[side],
    ({ labels }) => (boundOf(labels['le']) * scraped.unitMs) / 1_000,
  );
  return [...byBound]
    .filter(([le]) => !Number.isNaN(le))
    .sort(([a], [b]) => a - b)
    .map(([le, of]) => ({ le, count: growth(of, from, to, reach) }));
}

function boundOf(text: string | undefined): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === undefined || text === '' ? Number.NaN : Number(text);
}

/** The requests of one side in (`from`, `to`]; for histograms those slower than each of `bounds` (seconds). */
export function armOf(
  scraped: Countable,
  side: SideName,
  span: Span & { readonly bounds: readonly number[] },
): Arm {
  if (scraped.kind === 'histograms') return slower(bucketsOf(scraped, side, span), span.bounds);
  const { total, bad } = countsOf(scraped[side], span);
  return { total, bad: [bad] };
}
