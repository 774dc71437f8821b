/** Comparing with numbers that were computed with 50 digits. */

/** Throws unless both are equal to 1e-9, relative to the larger of 1 and the expected value. */
export function expectClose(actual: number, expected: number): void {
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  if (!(error < 1e-9)) throw new Error(`${actual} is not ${expected}`);
}
