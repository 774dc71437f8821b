import { describe, expect, it } from 'vitest';
import { judgeBurn } from './burn.ts';

const settings = { slo: 0.999, max: 14.4 };
const counts = (share: number) => ({ total: 100_000, bad: 100_000 * share });

describe('the burn rate', () => {
  it.each<[string, number, number | undefined, boolean, boolean]>([
    ['sustainable', 0.001, 0.001, false, false],
    ['a short peak', 0.05, 0.001, false, false],
    ['over long and short', 0.05, 0.02, false, true],
    ['over, but it is past', 0.001, 0.02, false, false],
    ['one window alone', 0.02, undefined, false, true],
    ['a hold stays while the short one is over half of the limit', 0.008, 0.001, true, true],
    ['and ends below', 0.007, 0.02, true, false],
  ])('%s', (_, short, long, wasHolding, holding) => {
    const windows = { short: counts(short), ...(long === undefined ? {} : { long: counts(long) }) };
    expect(judgeBurn(windows, settings, wasHolding).holding).toBe(holding);
  });

  it('is told as a multiple of what is sustainable', () => {
    expect(judgeBurn({ short: counts(0.0144) }, settings, false).short).toBeCloseTo(14.4, 9);
    expect(judgeBurn({ short: { total: 0, bad: 0 } }, settings, false)).toEqual({
      holding: false,
      short: 0,
      long: 0,
    });
  });
});
