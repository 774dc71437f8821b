import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/sim/random.ts';
import { binomial } from './draw.ts';

describe('a binomial draw', () => {
  it.each([
    [0, 0.5],
    [10, 0],
    [10, 0.03],
    [40, 0.5],
    [200, 0.97],
    [100_000, 0.001],
    [100_000, 0.4],
  ])('of %d at %d has the mean and the variance of one', (count, probability) => {
    const random = createRandom(7);
    const drawn = Array.from({ length: 4000 }, () => binomial(count, probability, random.next));
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    const expected = count * probability * (1 - probability);
    expect(Math.abs(mean - count * probability)).toBeLessThanOrEqual(5 * Math.sqrt(expected / 4000));
    expect(variance).toBeGreaterThanOrEqual(expected * 0.85);
    expect(variance).toBeLessThanOrEqual(expected * 1.15);
    expect(drawn.every(value => value >= 0 && value <= count && Number.isInteger(value))).toBe(true);
  });

  it('of certainty is all of them', () => {
    expect(binomial(17.4, 1, () => 0.5)).toBe(17);
  });
});
