import { describe, expect, it } from 'vitest';
import { allowedWeight, failedRequestsOf } from './budget.ts';
import vectors from './vectors.test-data.json' with { type: 'json' };
import { expectClose } from './vectors.test-tool.ts';

const base = {
  failedRequests: 25,
  requestsPerSecond: 1000,
  latencySeconds: 25,
  primary: { total: 60_000, bad: 60 },
};

describe('allowedWeight', () => {
  it.each(vectors.safeWeight)('for $budget at $rps requests/s after $nC: $w', vector => {
    const impact = {
      failedRequests: vector.budget,
      requestsPerSecond: vector.rps,
      latencySeconds: vector.latencySec,
      canary: { total: vector.nC, bad: vector.xC },
      primary: { total: vector.nP, bad: vector.xP },
    };
    expectClose(allowedWeight(impact), vector.w);
  });

  it('opens with every good request and closes with bad ones', () => {
    const weights = [0, 19, 300, 4000].map(total =>
      allowedWeight({ ...base, canary: { total, bad: total / 1000 } }),
    );
    expect(weights).toEqual(weights.toSorted((a, b) => a - b));
    const bad = allowedWeight({ ...base, canary: { total: 300, bad: 30 } });
    expect(bad).toBeLessThan(weights[2] ?? 0);
  });

  it('counts nothing that is tolerated', () => {
    const canary = { total: 4000, bad: 4 };
    const strict = allowedWeight({ ...base, canary });
    expect(allowedWeight({ ...base, canary, tolerance: 0.0005 })).toBeGreaterThan(strict);
  });

  it('never exceeds all traffic, and does not limit a service without any', () => {
    const canary = { total: 1e9, bad: 0 };
    expect(allowedWeight({ ...base, requestsPerSecond: 1, canary })).toBe(1);
    expect(allowedWeight({ ...base, requestsPerSecond: 0, canary: { total: 0, bad: 0 } })).toBe(1);
  });
});

describe('failedRequestsOf', () => {
  it('is a share of what 30 days may fail', () => {
    expect(failedRequestsOf(0.0001, 0.999, 100)).toBeCloseTo(25.92, 9);
  });
});
