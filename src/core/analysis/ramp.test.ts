import { describe, expect, it } from 'vitest';
import { beginClimb, climbOn, ease, type Ramp } from './ramp.ts';

const ramp: Ramp = { steps: [0.05, 0.1], stepSeconds: 60 };
const limited: Ramp = { ...ramp, budget: { failedRequests: 25, latencySeconds: 35 } };
const unknown = { requestsPerSecond: 1000, canary: { total: 0, bad: 0 }, expected: { total: 0, bad: 0 } };
const some = { ...unknown, canary: { total: 200, bad: 0 }, expected: { total: 200, bad: 0.2 } };
const known = { ...unknown, canary: { total: 10_000, bad: 10 }, expected: { total: 10_000, bad: 10 } };
const good = { action: 'advance', outcome: 'pass' } as const;
const early = { action: 'advance', outcome: 'inconclusive' } as const;
const held = { action: 'hold', outcome: 'pass' } as const;

describe('the share of the canary', () => {
  it('is the step’s without a budget', () => {
    expect(beginClimb(7, ramp, unknown)).toEqual({ step: 0, since: 7, share: 0.05 });
  });

  it('is what the budget allows, below one percent in grains, from there in whole percents, and the step at most', () => {
    const begun = beginClimb(0, limited, unknown);
    expect(begun.share).toBe(0.0005);
    expect(ease(begun, 15, limited, some).share).toBe(0.02);
    expect(ease(begun, 15, limited, known).share).toBe(0.05);
  });

  it('begins with more the fewer requests there are', () => {
    const shares = [1, 10, 50, 140].map(
      requestsPerSecond => beginClimb(0, limited, { ...unknown, requestsPerSecond }).share,
    );
    expect(shares).toEqual([0.05, 0.05, 0.01, 0.005]);
  });

  it('never falls', () => {
    const risen = { step: 1, since: 60, share: 0.08 };
    expect(ease(risen, 75, limited, unknown)).toBe(risen);
  });
});

describe('a step', () => {
  it.each([
    ['too early', { step: 0, since: 0, share: 0.05 }, 59, good, { step: 0, since: 0, share: 0.05 }],
    ['over', { step: 0, since: 0, share: 0.05 }, 60, good, { step: 1, since: 60, share: 0.05 }],
    [
      'over, below its share',
      { step: 0, since: 0, share: 0.01 },
      60,
      good,
      { step: 1, since: 60, share: 0.01 },
    ],
    [
      'over, with few requests',
      { step: 0, since: 0, share: 0.05 },
      60,
      early,
      { step: 1, since: 60, share: 0.05 },
    ],
    ['over, but held', { step: 0, since: 0, share: 0.05 }, 60, held, { step: 0, since: 0, share: 0.05 }],
    ['the last one', { step: 1, since: 0, share: 0.1 }, 60, good, 'promoted'],
    [
      'the last one, below its share',
      { step: 1, since: 0, share: 0.09 },
      600,
      good,
      { step: 1, since: 0, share: 0.09 },
    ],
    [
      'the last one, with few requests',
      { step: 1, since: 0, share: 0.1 },
      60,
      early,
      { step: 1, since: 0, share: 0.1 },
    ],
  ])('%s', (_, climb, now, judgement, next) => {
    expect(climbOn(climb, now, judgement, ramp)).toEqual(next);
  });

  it('the last one lasts from when its share is reached', () => {
    const last = { step: 1, since: 60, share: 0.05 };
    expect(ease(last, 90, ramp, known)).toEqual({ step: 1, since: 90, share: 0.1 });
    expect(ease({ ...last, step: 0, share: 0.01 }, 90, ramp, known)).toEqual({
      step: 0,
      since: 60,
      share: 0.05,
    });
  });
});
