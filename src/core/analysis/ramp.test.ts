import { describe, expect, it } from 'vitest';
import { climbOn, type Ramp, reach, shareAt } from './ramp.ts';

const ramp: Ramp = { steps: [0.05, 0.1], stepSeconds: 60 };
const limited: Ramp = { ...ramp, budget: { failedRequests: 25, latencySeconds: 35 } };
const unknown = { requestsPerSecond: 1000, canary: { total: 0, bad: 0 }, expected: { total: 0, bad: 0 } };
const known = { ...unknown, canary: { total: 10_000, bad: 10 }, expected: { total: 10_000, bad: 10 } };
const good = { action: 'advance', outcome: 'pass' } as const;

describe('the share of the canary', () => {
  it('is the step’s without a budget', () => {
    expect([0, 1, 2].map(step => shareAt({ step }, ramp, unknown))).toEqual([0.05, 0.1, 0.1]);
  });

  it('is what the budget allows, and the step at most', () => {
    expect(shareAt({ step: 1 }, limited, unknown)).toBeCloseTo(25 / 35_000, 9);
    expect(shareAt({ step: 1 }, limited, known)).toBe(0.1);
    const some = { ...known, canary: { total: 100, bad: 0 }, expected: { total: 100, bad: 0.1 } };
    expect(shareAt({ step: 1 }, limited, some)).toBeCloseTo(0.0127, 3);
  });
});

describe('a step', () => {
  it('lasts from when its share is reached', () => {
    const waiting = reach({ step: 1 }, 0.02, 10, limited);
    expect(waiting).toEqual({ step: 1 });
    const reached = reach(waiting, 0.1, 20, limited);
    expect(reached).toEqual({ step: 1, reachedAt: 20 });
    expect(reach(reached, 0.05, 30, limited)).toEqual(reached);
  });

  it.each([
    ['too early', { step: 0, reachedAt: 0 }, 59, good, { step: 0, reachedAt: 0 }],
    ['not reached', { step: 0 }, 900, good, { step: 0 }],
    ['over', { step: 0, reachedAt: 0 }, 60, good, { step: 1 }],
    [
      'over, with few requests',
      { step: 0, reachedAt: 0 },
      60,
      { ...good, outcome: 'inconclusive' as const },
      { step: 1 },
    ],
    [
      'over, but held',
      { step: 0, reachedAt: 0 },
      60,
      { ...good, action: 'hold' as const },
      { step: 0, reachedAt: 0 },
    ],
    ['the last one', { step: 1, reachedAt: 0 }, 60, good, 'promoted'],
    [
      'the last one, with few requests',
      { step: 1, reachedAt: 0 },
      60,
      { ...good, outcome: 'inconclusive' as const },
      { step: 1, reachedAt: 0 },
    ],
  ])('%s', (_, climb, now, judgement, next) => {
    expect(climbOn(climb, now, judgement, ramp)).toEqual(next);
  });
});
