/** What one selector has chosen so far, sample by sample: an answer that reaches back to the newest of them continues it. */
import type { RawSeries } from '../port.ts';

/** After so long all is asked for once more: a series whose samples always come late is in no short answer; ms. */
const trustMs = 300_000;

/** Of a series that is not known yet the first samples are stored by then: Prometheus gives a scrape ten seconds; ms. */
const storedWithinMs = 10_000;

/** Times in ms since the epoch. */
export interface Tape {
  /** Holds every sample after this time … */
  readonly from: number;
  /** … which the server had at this time. */
  readonly at: number;
  /** When all of it was asked for last. */
  readonly wholeAt: number;
  /** By their labels. */
  readonly series: ReadonlyMap<string, RawSeries>;
  readonly size: number;
}

/** What an answer covers: the samples in (`after`, `at`]; ms since the epoch. */
export interface Answered {
  readonly series: readonly RawSeries[];
  readonly after: number;
  readonly at: number;
}

/**
 * The time after which an answer must hold all samples to continue the tape, so that the samples after `from` are known;
 * undefined where all of them must be asked for. Such an answer holds the newest known sample of every series, and so all
 * that come late, but in order.
 */
export function continuesAfter(tape: Tape, from: number, at: number): number | undefined {
  if (tape.from > from || at < tape.at || at - tape.wholeAt >= trustMs) return undefined;
  let oldest: number | undefined;
  for (const series of tape.series.values()) {
    const newest = newestOf(series);
    if (newest > from) oldest = Math.min(oldest ?? newest, newest);
  }
  return oldest === undefined ? undefined : Math.min(oldest - 1, tape.at - storedWithinMs);
}

/** A tape that begins with this answer; undefined where it cannot be kept: native histograms, or samples out of order. */
export function tapeOf({ series, after, at }: Answered): Tape | undefined {
  const known = new Map<string, RawSeries>();
  let size = 0;
  for (const each of series) {
    if (each.histograms !== undefined || !isAscending(each.samples)) return undefined;
    known.set(nameOf(each), each);
    size += each.samples.length;
  }
  return known.size === series.length ? { from: after, at, wholeAt: at, series: known, size } : undefined;
}

/**
 * The tape with what is new in the answer, and without what is not after `from`. Undefined where the two contradict each
 * other: a series that is not known may have older samples, and another replica, or samples that came out of order,
 * cannot be joined to what was read before.
 */
export function continued(tape: Tape, { series, after, at }: Answered, from: number): Tape | undefined {
  const known = new Map<string, RawSeries>();
  let size = 0;
  for (const each of series) {
    const name = nameOf(each);
    const before = tape.series.get(name);
    const samples = before === undefined ? undefined : joined(before, each, after, from);
    if (before === undefined || samples === undefined) return undefined;
    known.set(name, { labels: before.labels, samples });
    size += samples.length;
  }
  for (const [name, each] of tape.series) {
    if (newestOf(each) > from && !known.has(name)) return undefined;
  }
  return { from, at, wholeAt: tape.wholeAt, series: known, size };
}

/** Those samples after `after` which both have must be the same. */
function joined(
  { samples: known }: RawSeries,
  { samples, histograms }: RawSeries,
  after: number,
  from: number,
): RawSeries['samples'] | undefined {
  if (histograms !== undefined) return undefined;
  const start = firstAfter(known, after);
  const begin = firstAfter(samples, after);
  const common = known.length - start;
  if (samples.length - begin < common) return undefined;
  for (let index = 0; index < common; index += 1) {
    const was = known[start + index];
    const is = samples[begin + index];
    if (was?.[0] !== is?.[0] || was?.[1] !== is?.[1]) return undefined;
  }
  const fresh = samples.slice(begin + common);
  const newest = known.at(-1)?.[0] ?? 0;
  if (!isAscending(fresh) || (fresh[0] !== undefined && fresh[0][0] <= newest)) return undefined;
  return known.slice(firstAfter(known, from)).concat(fresh);
}

/** Series without a sample after `from` are left out, and of the others the samples that are not. */
export function trimmed(series: Iterable<RawSeries>, from: number): RawSeries[] {
  const kept: RawSeries[] = [];
  for (const each of series) {
    const { labels, samples, histograms } = each;
    if (histograms !== undefined) {
      const later = histograms.filter(({ at }) => at > from);
      if (later.length > 0) kept.push({ labels, samples, histograms: later });
      continue;
    }
    const start = firstAfter(samples, from);
    if (start < samples.length) kept.push(start === 0 ? each : { labels, samples: samples.slice(start) });
  }
  return kept;
}

/** From the end, where the answer usually is. */
function firstAfter(samples: RawSeries['samples'], time: number): number {
  let index = samples.length;
  while (index > 0 && (samples[index - 1]?.[0] ?? 0) > time) index -= 1;
  return index;
}

function isAscending(samples: RawSeries['samples']): boolean {
  for (let index = 1; index < samples.length; index += 1) {
    if (!((samples[index]?.[0] ?? 0) > (samples[index - 1]?.[0] ?? 0))) return false;
  }
  return true;
}

function newestOf({ samples }: RawSeries): number {
  return samples.at(-1)?.[0] ?? 0;
}

function nameOf({ labels }: RawSeries): string {
  return JSON.stringify(labels);
}
