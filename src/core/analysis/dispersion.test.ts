import { expect, it } from 'vitest';
import { dispersionOf } from './dispersion.ts';

function scrapes(...bad: readonly number[]) {
  return bad.map(count => ({ total: 1000, bad: [count] }));
}

it.each([
  ['too few scrapes', scrapes(0, 90), 0],
  ['no bad request', scrapes(0, 0, 0, 0, 0, 0, 0, 0), 0],
  ['a steady rate', scrapes(5, 5, 5, 5, 5, 5, 5, 5), 0],
  ['a slow drift', scrapes(10, 11, 12, 13, 14, 15, 16, 17), 0],
])('is 0 for %s', (_, history, dispersion) => {
  expect(dispersionOf(history, 0)).toBe(dispersion);
});

it('grows with bursts', () => {
  const bursts = scrapes(0, 40, 0, 0, 40, 0, 0, 40);
  const wilder = scrapes(0, 0, 120, 0, 0, 0, 0, 0);
  expect(dispersionOf(bursts, 0)).toBeGreaterThan(1);
  expect(dispersionOf(wilder, 0)).toBeGreaterThan(dispersionOf(bursts, 0));
});

it('is taken for each boundary of its own', () => {
  const history = Array.from({ length: 9 }, (_, index) => ({
    total: 100,
    bad: [50, index % 3 === 0 ? 30 : 0],
  }));
  expect(dispersionOf(history, 0)).toBe(0);
  expect(dispersionOf(history, 1)).toBeGreaterThan(1);
});
