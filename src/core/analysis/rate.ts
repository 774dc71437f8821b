/** A limit on the canary's own rate, judged with confidence: a fixed threshold that waits until the counts can tell. */
import type { Counts } from './bet.ts';
import { rateBound } from './bound.ts';

export interface RateLimits {
  /** Limits of the rate of bad requests, as shares. */
  readonly min?: number;
  readonly max?: number;
  /** How often a canary may fail, in a whole run, whose rate is within the limits all the time. */
  readonly alpha: number;
}

export interface RateJudgement {
  readonly outcome: 'pass' | 'fail' | 'inconclusive' | 'noData';
  /** Bounds which hold at every look at once. */
  readonly lower: number;
  readonly upper: number;
}

/** `fail` where the whole confidence interval of the run's counts is beyond a limit, `pass` where all of it is within both. */
export function judgeRate(counts: Counts, { min = 0, max = 1, alpha }: RateLimits): RateJudgement {
  const lower = rateBound(counts, alpha, 'lower');
  const upper = rateBound(counts, alpha, 'upper');
  return { outcome: outcomeOf(counts, lower, upper, min, max), lower, upper };
}

function outcomeOf(
  { total }: Counts,
  lower: number,
  upper: number,
  min: number,
  max: number,
): RateJudgement['outcome'] {
  if (total <= 0) return 'noData';
  if (lower > max || upper < min) return 'fail';
  return upper <= max && lower >= min ? 'pass' : 'inconclusive';
}
