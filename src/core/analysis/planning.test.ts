import { describe, expect, it } from 'vitest';
import { expectedRequests, growth, notableRate } from './planning.ts';
import vectors from './vectors.test-data.json' with { type: 'json' };
import { expectClose } from './vectors.test-tool.ts';

const bets = {
  grid: { mode: 'odds' as const, values: [1.5, 3, 8, 25] },
  ratio: 1,
  tolerance: 0.001,
};

describe('planning', () => {
  it.each(vectors.planning)('$p0 to $p1 at a share of $rho', vector => {
    const expected = { primary: vector.p0, canary: vector.p1, share: vector.rho };
    expectClose(growth(expected, bets), vector.growth);
    expectClose(expectedRequests(expected, bets, vector.alpha), vector.expectedRequests);
  });

  it('never notices what is tolerated', () => {
    expect(expectedRequests({ primary: 0.001, canary: 0.0015, share: 0.1 }, bets, 0.01)).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it.each([
    [0, 0.01],
    [0.001, 0.0196],
    [0.5, 0.909],
  ])('calls notable beside a primary with %d: %d', (primary, rate) => {
    expect(notableRate(primary, bets)).toBeCloseTo(rate, 3);
  });
});
