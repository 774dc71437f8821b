/** Percentiles by nearest rank, so that every figure printed is one that was really measured. */

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1);
  return sorted[index] ?? Number.NaN;
}

export function largest(values: readonly number[]): number {
  return percentile(values, 100);
}
