/** Sums, means and the gamma function on natural logarithms, so that evidence neither overflows nor underflows. */

const HALF_LOG_TWO_PI = 0.918_938_533_204_672_8;

/** ln Γ(x) for x > 0: Stirling's series, after the recurrence has moved x to where the series is exact to rounding. */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 0;
  while (shifted < 15) {
    product += Math.log(shifted);
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  let series = 0;
  for (const coefficient of stirling) series = coefficient + square * series;
  return (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_TWO_PI + inverse * series - product;
}

/** B₂ₖ / (2k(2k−1)), highest k first as Horner's scheme wants them. */
const stirling = [-691 / 360_360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12];

/** ln B(a, b) for a, b > 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** ln(eᵃ + eᵇ). */
export function logAdd(a: number, b: number): number {
  const [high, low] = a > b ? [a, b] : [b, a];
  return low === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(low - high));
}

/** ln of the mean of eᵛ; minus infinity for no values. */
export function logMean(values: readonly number[]): number {
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) high = Math.max(high, value);
  if (high === Number.NEGATIVE_INFINITY) return high;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - high);
  return high + Math.log(sum / values.length);
}
