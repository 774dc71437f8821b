/** The second axis: whether a side is outside the service's objective right now, for whatever reason. */
import type { Counts } from './bet.ts';
import { rateBound } from './bound.ts';

/** Which sides are outside. */
export type Outside = 'canary' | 'primary' | 'both';

/** Doubt with which a side is said to be outside. */
const ALPHA = 0.05;

/** By counts of the last two batches: so an incident is over two batches after its end. `slo` is the share of good requests. */
export function outsideObjective(canary: Counts, primary: Counts, slo: number): Outside | undefined {
  const isCanary = isOutside(canary, slo);
  const isPrimary = isOutside(primary, slo);
  if (isCanary && isPrimary) return 'both';
  if (isCanary) return 'canary';
  return isPrimary ? 'primary' : undefined;
}

function isOutside(counts: Counts, slo: number): boolean {
  return rateBound(counts, ALPHA, 'lower') > 1 - slo;
}
