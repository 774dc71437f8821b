import { describe, expect, it } from 'vitest';
import { rateBound } from './bound.ts';
import vectors from './vectors.test-data.json' with { type: 'json' };
import { expectClose } from './vectors.test-tool.ts';

describe('rateBound', () => {
  it.each(vectors.rateBound)('$side of $x in $n at $alpha', ({ x, n, alpha, side, value }) => {
    expectClose(rateBound({ total: n, bad: x }, alpha, side === 'upper' ? 'upper' : 'lower'), value);
  });

  it.each([
    [0, 0, 0, 1],
    [10, 10, undefined, 1],
    [10, 0, 0, undefined],
  ])('of %d requests with %d bad leaves open what nothing speaks against', (total, bad, lower, upper) => {
    if (lower !== undefined) expect(rateBound({ total, bad }, 0.05, 'lower')).toBe(lower);
    if (upper !== undefined) expect(rateBound({ total, bad }, 0.05, 'upper')).toBe(upper);
  });

  it.each([1, 0.25, 1e9])('has the measured rate between its ends, for %d requests too', total => {
    const counts = { total, bad: total * 0.01 };
    expect(rateBound(counts, 0.05, 'lower')).toBeLessThanOrEqual(0.01);
    expect(rateBound(counts, 0.05, 'upper')).toBeGreaterThanOrEqual(0.01);
  });
});
