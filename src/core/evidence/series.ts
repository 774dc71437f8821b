/** Counters as they were scraped, and what they grew by: resets, births and deaths of series are put right here, not by `rate()`. */

/** The raw samples of one counter, oldest first: time (ms since the epoch) and value. */
export interface RawSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [at: number, value: number])[];
}

/** How samples become growth. */
export interface Reach {
  /** Series that began at zero: they were not there when their target was scraped before. */
  readonly born: ReadonlySet<RawSeries>;
  /** ms; they were not there then. */
  readonly bornAfter: number;
  /** Scrape interval, ms. */
  readonly scrapeMs: number;
}

/** Who was scraped. */
export function targetOf({ labels }: Pick<RawSeries, 'labels'>): string {
  return ['job', 'instance', 'pod'].map(name => labels[name] ?? '').join(' ');
}

/**
 * A series that appears after `bornAfter` beside older ones of the same target counted from zero, such as that of a
 * status code with its first answer. A target all of whose series appear at once may have been away and kept counting:
 * what it counted before its first sample is not known.
 */
export function reachOf(all: readonly RawSeries[], bornAfter: number, scrapeMs: number): Reach {
  const born = [...Map.groupBy(all, targetOf).values()].flatMap(series => {
    const oldest = Math.min(...series.map(firstOf));
    return series.filter(each => firstOf(each) > Math.max(oldest, bornAfter));
  });
  return { born: new Set(born), bornAfter, scrapeMs };
}

function firstOf({ samples }: RawSeries): number {
  return samples[0]?.[0] ?? Number.POSITIVE_INFINITY;
}

/**
 * What a counter has counted until `at`, from an arbitrary zero: a fall is a restart from zero. Between two samples the
 * growth is taken as even; beyond the last one nothing is known, so nothing is added.
 */
function counted(series: RawSeries, at: number, { born, bornAfter, scrapeMs }: Reach): number {
  const [first] = series.samples;
  if (first === undefined) return 0;
  let sum = 0;
  let [before, value] = born.has(series) ? [Math.max(first[0] - scrapeMs, bornAfter), 0] : first;
  for (const [time, next] of series.samples) {
    if (time <= before) continue;
    const more = next >= value ? next - value : next;
    if (time > at) return at <= before ? sum : sum + (more * (at - before)) / (time - before);
    sum += more;
    [before, value] = [time, next];
  }
  return sum;
}

/** What all series together grew by in (`from`, `to`]; may be fractional where a boundary lies between two scrapes. */
export function growth(series: readonly RawSeries[], from: number, to: number, reach: Reach): number {
  return series.reduce((sum, each) => sum + counted(each, to, reach) - counted(each, from, reach), 0);
}

/** The distance between two scrapes: the median of all distances; undefined where no series has two samples. */
export function scrapeIntervalOf(series: readonly RawSeries[]): number | undefined {
  const distances = series.flatMap(({ samples }) =>
    samples.slice(1).map(([at], index) => at - (samples[index]?.[0] ?? at)),
  );
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)];
}

/** Times (ms) of all samples, each once, oldest first. */
export function timesOf(series: readonly RawSeries[]): number[] {
  const times = new Set(series.flatMap(({ samples }) => samples.map(([at]) => at)));
  return [...times].sort((a, b) => a - b);
}

/** A series without a sample for this many scrapes is over: its pod, or its target, is gone. */
const goneAfterScrapes = 2.5;

/** Up to when every series that is still scraped has been seen; undefined where none is. */
export function seenUntil(series: readonly RawSeries[], now: number, scrapeMs: number): number | undefined {
  const newest = series.map(({ samples }) => samples.at(-1)?.[0] ?? 0);
  const living = newest.filter(at => at >= now - goneAfterScrapes * scrapeMs - 1_000);
  return living.length === 0 ? undefined : Math.min(...living);
}

/** Boundaries after `from`, about one scrape apart, none beyond `until`: both sides are cut at the same moments. */
export function boundariesOf(
  series: readonly RawSeries[],
  { from, until, scrapeMs }: { readonly from: number; readonly until: number; readonly scrapeMs: number },
): number[] {
  const boundaries: number[] = [];
  let last = from;
  for (const at of timesOf(series)) {
    if (at > until) break;
    if (at < last + 0.8 * scrapeMs) continue;
    boundaries.push(at);
    last = at;
  }
  return boundaries;
}
