/** Counts as a status keeps them. */

/** More than a thousand are kept as whole numbers, fewer to a thousandth. */
export function tidy(count: number): number {
  return count > 1000 ? Math.round(count) : Math.round(count * 1000) / 1000;
}
