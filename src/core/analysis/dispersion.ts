/** How unsteady a service's own rate is: bursts that would look like evidence if all requests were taken as independent. */
import type { Arm } from './batch.ts';

/** Fewer scrapes say nothing about bursts. */
const LEAST_SCRAPES = 8;
/** What chance alone does to the estimate this many standard errors away is no burst. */
const SIGNIFICANT = 3;
/** An hour shows few of the great bursts: where there are some, reckon with as many standard errors more than were seen. */
const RESERVE = 2;

/**
 * The squared coefficient of variation of the rate of bad requests beyond chance, from the primary's scrapes before the run, oldest first:
 * (v − m) / m², m the mean count and v half the mean square of successive differences, at the upper end of what the scrapes allow. By
 * differences, because a slow drift or an incident of an hour ago is no burst.
 */
export function dispersionOf(history: readonly Arm[], boundary: number): number {
  if (history.length < LEAST_SCRAPES) return 0;
  const counts = history.map(arm => arm.bad[boundary] ?? 0);
  const average = mean(counts);
  const halfSquares = counts.slice(1).map((count, index) => (count - (counts[index] ?? 0)) ** 2 / 2);
  const variance = mean(halfSquares);
  // Of half a squared difference of two Poisson counts; neighbours share a count, which widens the mean's error by a half.
  const byChance = Math.sqrt((1.5 * (average / 2 + 2 * average ** 2)) / halfSquares.length);
  if (average === 0 || variance - average < SIGNIFICANT * byChance) return 0;
  const spread = mean(halfSquares.map(value => (value - variance) ** 2));
  const upper = variance + RESERVE * Math.sqrt(spread / halfSquares.length);
  return (upper - average) / average ** 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
