import { describe, expect, it } from 'vitest';
import { assessGauge, type GaugeSettings, judgeGauge, meanBounds, startGauge } from './gauge.ts';
import vectors from './vectors.test-data.json' with { type: 'json' };
import { expectClose } from './vectors.test-tool.ts';

const settings: GaugeSettings = { tolerance: 0.1, worse: 'higher', alpha: 0.05 };

/** What is said after so many pairs that differ by `difference`, give or take 0.1. */
function after(pairs: number, difference: number, own: Partial<GaugeSettings> = {}) {
  let state = startGauge(0);
  for (let to = 1; to <= pairs; to += 1) {
    const noise = to % 2 === 0 ? 0.1 : -0.1;
    state = judgeGauge(state, { to, canary: 5 + difference + noise, primary: 5 }, settings).state;
  }
  return assessGauge(state, { ...settings, ...own });
}

describe('a gauge', () => {
  it.each(vectors.meanBounds)('has the bounds of $n pairs', ({ n, mean, variance, alpha, bounds }) => {
    for (const [index, bound] of meanBounds(n, mean, variance, alpha).entries()) {
      expectClose(bound, bounds[index] ?? Number.NaN);
    }
  });

  it.each<[string, number, number, Partial<GaugeSettings>, string]>([
    ['nothing yet', 0, 0, {}, 'noData'],
    ['few pairs, however far apart', 19, 9, {}, 'inconclusive'],
    ['the same on both sides', 60, 0, {}, 'pass'],
    ['higher', 60, 0.5, {}, 'fail'],
    ['higher, which is better', 60, 0.5, { worse: 'lower' }, 'pass'],
    ['lower, which is worse', 60, -0.5, { worse: 'lower' }, 'fail'],
    ['near the tolerance', 60, 0.1, {}, 'inconclusive'],
  ])('%s', (_, pairs, difference, own, outcome) => {
    expect(after(pairs, difference, own).outcome).toBe(outcome);
  });

  it('takes a pair once, and no pair without a number', () => {
    const { state } = after(30, 0);
    expect(judgeGauge(state, { to: 30, canary: 99, primary: 0 }, settings).state).toBe(state);
    expect(judgeGauge(state, { to: 31, canary: Number.NaN, primary: 0 }, settings).state).toBe(state);
  });
});
