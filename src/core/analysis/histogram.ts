/** Latency as counts: how many requests were slower than a few limits which the service's own history chooses. */
import type { Arm } from './batch.ts';

/** A bucket as Prometheus has it: requests that took at most `le` seconds. Native histograms are brought into this form before. */
export interface Bucket {
  readonly le: number;
  readonly count: number;
}

/** Shares of slow requests at which a shift of the whole, of the slow tenth and of the tail shows best. */
const EXCEEDANCES = [0.5, 0.1, 0.02];

/**
 * At most three boundaries to judge by, rising: those whose share of slower requests in the primary's history is nearest to 50 %, 10 % and
 * 2 % (by log-odds, so that 1 % is as far from 2 % as 3.9 % is). `objective` (seconds) comes first and takes the place of one. Empty
 * where no boundary has requests on both of its sides.
 */
export function chooseBounds(history: readonly Bucket[], objective?: number): number[] {
  const sorted = ordered(history);
  const total = sorted.at(-1)?.count ?? 0;
  const usable = sorted.filter(({ le, count }) => Number.isFinite(le) && count > 0 && count < total);
  const nearest = EXCEEDANCES.map(wanted => {
    const distances = usable.map(({ count }) => Math.abs(logOdds(1 - count / total) - logOdds(wanted)));
    return usable[distances.indexOf(Math.min(...distances))]?.le;
  });
  const chosen = [...new Set(nearest.filter(le => le !== undefined))].toSorted((a, b) => a - b);
  if (objective === undefined) return chosen;
  return [objective, ...chosen.filter(le => le !== objective).slice(-(EXCEEDANCES.length - 1))];
}

/**
 * The counts of a batch: requests slower than each of the boundaries. A boundary which the buckets lack (a native histogram that changed its
 * resolution) is taken by a straight line between its neighbours.
 */
export function slower(buckets: readonly Bucket[], bounds: readonly number[]): Arm {
  const sorted = ordered(buckets);
  const total = sorted.at(-1)?.count ?? 0;
  return { total, bad: bounds.map(bound => Math.max(0, total - countWithin(sorted, bound))) };
}

/** The buckets of a batch: the difference of two cumulative readings, never negative. */
export function bucketsBetween(before: readonly Bucket[], after: readonly Bucket[]): Bucket[] {
  const known = new Map(before.map(({ le, count }) => [le, count]));
  return after.map(({ le, count }) => ({ le, count: Math.max(0, count - (known.get(le) ?? 0)) }));
}

function countWithin(sorted: readonly Bucket[], bound: number): number {
  const above = sorted.findIndex(({ le }) => le >= bound);
  const next = sorted[above];
  if (next === undefined) return sorted.at(-1)?.count ?? 0;
  const previous = sorted[above - 1] ?? { le: 0, count: 0 };
  if (next.le === bound) return next.count;
  if (!Number.isFinite(next.le)) return previous.count;
  const part = (bound - previous.le) / (next.le - previous.le);
  return previous.count + part * (next.count - previous.count);
}

function ordered(buckets: readonly Bucket[]): Bucket[] {
  return buckets.toSorted((a, b) => a.le - b.le);
}

function logOdds(share: number): number {
  return Math.log(share / (1 - share));
}
