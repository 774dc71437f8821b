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
  // Nearly always there is none, and nobody needs to know who was scraped.
  if (all.every(each => !(firstOf(each) > bornAfter))) return { born: new Set(), bornAfter, scrapeMs };
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
 * What a counter grew by in (`from`, `to`]: a fall is a restart from zero. Between two samples the growth is taken as even;
 * beyond the last one nothing is known, so nothing is added.
 */
function grown(series: RawSeries, from: number, to: number, { born, bornAfter, scrapeMs }: Reach): number {
  const { samples } = series;
  let index = samples.length - 1;
  while (index > 0 && (samples[index]?.[0] ?? 0) > from) index -= 1;
  const start = samples[index];
  if (start === undefined) return 0;
  const isBorn = start[0] > from && born.has(series);
  let before = isBorn ? Math.max(start[0] - scrapeMs, bornAfter) : start[0];
  let value = isBorn ? 0 : start[1];
  let sum = 0;
  for (; index < samples.length && before < to; index += 1) {
    const sample = samples[index];
    if (sample === undefined || sample[0] <= before) continue;
    const time = sample[0];
    const next = sample[1];
    const more = next >= value ? next - value : next;
    const within = Math.min(time, to) - Math.max(before, from);
    if (within > 0) sum += within === time - before ? more : (more * within) / (time - before);
    before = time;
    value = next;
  }
  return sum;
}

/** What all series together grew by in (`from`, `to`]; may be fractional where a boundary lies between two scrapes. */
export function growth(series: readonly RawSeries[], from: number, to: number, reach: Reach): number {
  return series.reduce((sum, each) => sum + grown(each, from, to, reach), 0);
}

/** The distance between two scrapes: the median of all distances; undefined where no series has two samples. */
export function scrapeIntervalOf(series: readonly RawSeries[]): number | undefined {
  let one = 0;
  for (const { samples } of series) {
    for (let index = 1; index < samples.length; index += 1) {
      const distance = (samples[index]?.[0] ?? 0) - (samples[index - 1]?.[0] ?? 0);
      if (one === 0) one = distance;
      // Prometheus moves its timestamps by up to two milliseconds so that all are the same, and nothing need be sorted.
      if (distance !== one) return medianDistance(series);
    }
  }
  return one === 0 ? undefined : one;
}

function medianDistance(series: readonly RawSeries[]): number | undefined {
  const distances = series.flatMap(({ samples }) =>
    samples.slice(1).map(([at], index) => at - (samples[index]?.[0] ?? at)),
  );
  return Float64Array.from(distances).sort()[Math.floor(distances.length / 2)];
}

/** Times (ms) of all samples after `after`, each once, oldest first. */
export function timesOf(series: readonly RawSeries[], after = Number.NEGATIVE_INFINITY): number[] {
  const times = new Set<number>();
  for (const { samples } of series) {
    for (let index = samples.length - 1; index >= 0; index -= 1) {
      const at = samples[index]?.[0] ?? after;
      if (at <= after) break;
      times.add(at);
    }
  }
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
  for (const at of timesOf(series, from)) {
    if (at > until) break;
    if (at < last + 0.8 * scrapeMs) continue;
    boundaries.push(at);
    last = at;
  }
  return boundaries;
}
