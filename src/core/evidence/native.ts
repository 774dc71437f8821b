/** Native histograms brought into the form of classic ones: cumulative counters at boundaries that all samples share. */
import { type RawSeries, targetOf } from './series.ts';

/** A histogram as it was scraped; its buckets are those that hold observations. */
export interface NativeSample {
  /** ms since the epoch. */
  readonly at: number;
  readonly count: number;
  readonly buckets: readonly (readonly [lower: number, upper: number, count: number])[];
}

/** A series of classic buckets has `samples`, one of a native histogram has `histograms`. */
export interface HistogramSeries extends RawSeries {
  readonly histograms?: readonly NativeSample[];
}

interface Sides<S> {
  readonly canary: readonly S[];
  readonly primary: readonly S[];
}

/** Classic buckets where every target has them, else native ones where every target has those; else a sentence. */
export function classicOf({
  canary,
  primary,
}: Sides<HistogramSeries>): Sides<RawSeries> | { readonly why: string } {
  if ([canary, primary].every(side => allHave(side, isClassic)))
    return { canary: canary.filter(isClassic), primary: primary.filter(isClassic) };
  if ([canary, primary].every(side => allHave(side, isNative))) {
    const bounds = sharedBounds([...canary, ...primary].filter(isNative));
    const buckets = (side: readonly HistogramSeries[]) =>
      side.filter(isNative).flatMap(each => bucketsOf(each, bounds));
    return { canary: buckets(canary), primary: buckets(primary) };
  }
  return {
    why: `${kindsOf(canary)} on the canary's side and ${kindsOf(primary)} on the primary's cannot be compared, their boundaries differ; let all pods be scraped for the same kind`,
  };
}

function isClassic({ samples }: HistogramSeries): boolean {
  return samples.length > 0;
}

function isNative(series: HistogramSeries): boolean {
  return !isClassic(series);
}

/** Whether every target of one side has series of this kind. */
function allHave(side: readonly HistogramSeries[], isKind: (series: HistogramSeries) => boolean): boolean {
  const targets = (series: readonly HistogramSeries[]) => new Set(series.map(targetOf)).size;
  return targets(side.filter(isKind)) === targets(side);
}

function kindsOf(series: readonly HistogramSeries[]): string {
  const kinds = new Set(series.map(each => (isClassic(each) ? 'classic' : 'native')));
  return `${[...kinds].sort().join(' and ') || 'no'} histograms`;
}

/** The same boundary may be computed in two ways that differ in the last digits. */
function rounded(bound: number): number {
  return Number(bound.toPrecision(12));
}

/**
 * Boundaries at which every sample tells exactly how many observations were below: a process that has seen much makes its
 * buckets wider, and a boundary within one of those is told by no one any more.
 */
function sharedBounds(series: readonly HistogramSeries[]): number[] {
  const spans = new Map<string, readonly [number, number]>();
  for (const { histograms = [] } of series) {
    for (const { buckets } of histograms) {
      for (const [lower, upper] of buckets) spans.set(`${lower} ${upper}`, [rounded(lower), rounded(upper)]);
    }
  }
  const distinct = [...spans.values()];
  const edges = new Set(distinct.flat());
  return [...edges]
    .filter(edge => Number.isFinite(edge) && !distinct.some(([lower, upper]) => lower < edge && edge < upper))
    .sort((a, b) => a - b);
}

function bucketsOf({ labels, histograms = [] }: HistogramSeries, bounds: readonly number[]): RawSeries[] {
  const finite = bounds.map(bound => ({
    labels: { ...labels, le: String(bound) },
    samples: histograms.map(({ at, buckets }) => [at, within(buckets, bound)] as const),
  }));
  const all = histograms.map(({ at, count }) => [at, count] as const);
  return [...finite, { labels: { ...labels, le: '+Inf' }, samples: all }];
}

function within(buckets: NativeSample['buckets'], bound: number): number {
  return buckets.reduce((sum, [, upper, count]) => (rounded(upper) <= bound ? sum + count : sum), 0);
}
