/** How unsteady a service's own rate is: bursts that would look like evidence if all requests were taken as independent. */
import type { Arm } from './batch.ts';

/** Fewer scrapes say nothing about bursts. */
const LEAST_SCRAPES = 8;

/**
 * The squared coefficient of variation of the rate of bad requests beyond chance, from the primary's scrapes before the run, oldest first:
 * (v − m) / m², m the mean count and v half the mean square of successive differences. By differences, because a slow
 * drift or an incident of an hour ago is no burst.
 */
export function dispersionOf(history: readonly Arm[], boundary: number): number {
  if (history.length < LEAST_SCRAPES) return 0;
  const counts = history.map(arm => arm.bad[boundary] ?? 0);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  if (mean === 0) return 0;
  let squares = 0;
  for (const [index, count] of counts.entries()) {
    if (index > 0) squares += (count - (counts[index - 1] ?? 0)) ** 2;
  }
  const variance = squares / (2 * (counts.length - 1));
  return Math.max(0, (variance - mean) / mean ** 2);
}
