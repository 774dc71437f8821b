/** Bounds on a rate that hold at every look at once, so that a bound may be read after each batch. */
import type { Counts } from './bet.ts';
import { logBeta } from './logs.ts';

const PRIOR = 0.5;
const CLOSEST = 1e-15;
const HALVINGS = 64;

/**
 * The upper or lower end of all rates p for which ln B(½+bad, ½+good)/B(½, ½) − bad·ln p − good·ln(1−p) ≤ ln 1/α (Robbins' mixture).
 * With probability ≥ 1−α the true rate, where it stays the same, is inside for all counts of a run.
 */
export function rateBound({ total, bad }: Counts, alpha: number, side: 'upper' | 'lower'): number {
  const good = total - bad;
  if (side === 'upper' && (total <= 0 || good <= 0)) return 1;
  if (side === 'lower' && (total <= 0 || bad <= 0)) return 0;
  const level = logBeta(PRIOR + bad, PRIOR + good) - logBeta(PRIOR, PRIOR) - Math.log(1 / alpha);
  function isInside(rate: number): boolean {
    return level <= (bad > 0 ? bad * Math.log(rate) : 0) + (good > 0 ? good * Math.log1p(-rate) : 0);
  }
  let inside = Math.min(1 - CLOSEST, Math.max(CLOSEST, bad / total));
  let outside = side === 'upper' ? 1 - CLOSEST : CLOSEST;
  if (isInside(outside)) return side === 'upper' ? 1 : 0;
  for (let step = 0; step < HALVINGS; step += 1) {
    const middle = (inside + outside) / 2;
    if (isInside(middle)) inside = middle;
    else outside = middle;
  }
  return (inside + outside) / 2;
}
