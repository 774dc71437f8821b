import { describe, expect, it } from 'vitest';
import { logAdd, logBeta, logGamma, logMean } from './logs.ts';
import vectors from './vectors.test-data.json' with { type: 'json' };
import { expectClose } from './vectors.test-tool.ts';

describe('logGamma', () => {
  it.each(vectors.logGamma)('of $x', ({ x, value }) => {
    expectClose(logGamma(x), value);
  });

  it.each([1, 2, 3, 10, 14.5, 15, 15.5, 1e3, 1e9])('keeps Γ(x+1) = x·Γ(x) at %d', x => {
    expectClose(logGamma(x + 1), logGamma(x) + Math.log(x));
  });
});

describe('logBeta', () => {
  it('is symmetric, and ln(1/(a·b)) beside 1', () => {
    expectClose(logBeta(0.5, 7), logBeta(7, 0.5));
    expectClose(logBeta(3, 1), -Math.log(3));
  });
});

describe('logAdd', () => {
  it.each([
    [Number.NEGATIVE_INFINITY, 2, 2],
    [2, Number.NEGATIVE_INFINITY, 2],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [1000, 1000, 1000 + Math.LN2],
    [-1000, 0, 0],
  ])('%d and %d', (a, b, sum) => {
    expect(logAdd(a, b)).toBeCloseTo(sum, 12);
  });
});

describe('logMean', () => {
  it.each([
    [[], Number.NEGATIVE_INFINITY],
    [[Number.NEGATIVE_INFINITY], Number.NEGATIVE_INFINITY],
    [[3], 3],
    [[Math.log(1), Math.log(3)], Math.log(2)],
    [[5000, 5000], 5000],
    [[Number.NEGATIVE_INFINITY, Math.log(4)], Math.log(2)],
  ])('of %j', (values, mean) => {
    expect(logMean(values)).toBeCloseTo(mean, 12);
  });
});
