import { describe, expect, it } from 'vitest';
import { capped, channelAlpha, checkSettings, divideAlpha, presets, regularBets } from './settings.ts';

describe('presets', () => {
  it('from careful to quick', () => {
    const order = [presets.conservative, presets.balanced, presets.sensitive];
    expect(order.map(({ tolerance }) => tolerance)).toEqual([0.001, 0.0005, 0]);
    expect(order.map(({ falseRollbackProbability }) => falseRollbackProbability)).toEqual([0.01, 0.02, 0.05]);
  });

  it('give way to what the user says', () => {
    expect(checkSettings('errors', 'balanced', { tolerance: 0.02, warmUpMs: 0 })).toMatchObject({
      alpha: 0.02,
      tolerance: 0.02,
      warmUpMs: 0,
    });
  });

  it('forgive a slow start: only errors are looked at from the first request on', () => {
    expect(checkSettings('errors', 'balanced')).toHaveProperty('criticalGap', 0.1);
    expect(checkSettings('latency', 'balanced')).not.toHaveProperty('criticalGap');
  });
});

describe('alpha', () => {
  it('is divided over the checks by weight', () => {
    expect(divideAlpha(0.05, [1, 1, 2])).toEqual([0.0125, 0.0125, 0.025]);
  });

  it('is divided over the channels of a check', () => {
    expect(channelAlpha(checkSettings('errors', 'balanced'))).toBe(0.01);
    expect(channelAlpha(checkSettings('latency', 'balanced'))).toBe(0.02);
  });

  it('is out of reach of one batch', () => {
    for (const alpha of [0.5, 0.05, 0.01, 1e-6]) {
      const { cap } = capped(regularBets(checkSettings('errors', 'balanced')), alpha, 0);
      expect(cap).toBeLessThan(Math.log(1 / alpha));
      expect(cap).toBeLessThanOrEqual(Math.log(20));
    }
  });

  it('is further away where the service is unsteady by itself', () => {
    const bets = regularBets(checkSettings('errors', 'balanced'));
    expect(capped(bets, 0.015, 8).cap).toBeCloseTo(capped(bets, 0.015, 0).cap / 2, 9);
  });
});
