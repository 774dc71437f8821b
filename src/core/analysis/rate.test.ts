import { describe, expect, it } from 'vitest';
import { judgeRate, type RateJudgement } from './rate.ts';

describe('a limit with confidence', () => {
  it.each<[string, number, number, { min?: number; max?: number }, RateJudgement['outcome']]>([
    ['no request', 0, 0, { max: 0.01 }, 'noData'],
    ['one bad of thirty does not exceed 1 % for sure', 30, 1, { max: 0.01 }, 'inconclusive'],
    ['a thousand of thirty thousand do', 30_000, 1000, { max: 0.01 }, 'fail'],
    ['few bad ones of many', 5000, 3, { max: 0.01 }, 'pass'],
    ['exactly the limit stays open', 100_000, 1000, { max: 0.01 }, 'inconclusive'],
    ['too rare for a minimum', 5000, 3, { min: 0.01 }, 'fail'],
    ['inside both', 10_000, 500, { min: 0.01, max: 0.1 }, 'pass'],
    ['no limit', 10, 5, {}, 'pass'],
  ])('%s', (_, total, bad, limits, outcome) => {
    expect(judgeRate({ total, bad }, { ...limits, alpha: 0.05 }).outcome).toBe(outcome);
  });

  it('tells its bounds', () => {
    const { lower, upper } = judgeRate({ total: 1000, bad: 10 }, { max: 0.05, alpha: 0.05 });
    expect(lower).toBeCloseTo(0.002_406, 6);
    expect(upper).toBeCloseTo(0.026_164, 6);
  });
});
