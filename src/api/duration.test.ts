import { describe, expect, it } from 'vitest';
import { durationMs } from './duration.ts';

describe('durationMs', () => {
  it.each([
    ['10s', 10_000],
    ['1m', 60_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['250ms', 250],
    ['1h2m3s4ms', 3_723_004],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['', '10', 's', '-1s', '1.5s', '1d', '1s ', '100000s', '1s1s1s1s1s'])('refuses %j', text => {
    expect(durationMs(text)).toBeUndefined();
  });
});
