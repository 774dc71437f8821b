import { expect, it } from 'vitest';
import { createRandom, fixedSeed } from '../../../test/sim/random.ts';
import { dispersionOf } from './dispersion.ts';
import { binomial } from './draw.ts';

function scrapes(...bad: readonly number[]) {
  return bad.map(count => ({ total: 1000, bad: [count] }));
}

it.each([
  ['too few scrapes', scrapes(0, 90)],
  ['no bad request', scrapes(0, 0, 0, 0, 0, 0, 0, 0)],
  ['a steady rate', scrapes(5, 5, 5, 5, 5, 5, 5, 5)],
  ['a slow drift', scrapes(10, 11, 12, 13, 14, 15, 16, 17)],
  [
    'one bad request in an hour',
    scrapes(...Array.from({ length: 240 }, (_, index) => (index === 99 ? 1 : 0))),
  ],
])('is 0 for %s', (_, history) => {
  expect(dispersionOf(history, 0)).toBe(0);
});

it.each([0.0001, 0.001, 0.02])(
  `hardly finds any where requests fail independently, at %d (seed ${fixedSeed})`,
  rate => {
    const random = createRandom(fixedSeed);
    const services = Array.from({ length: 200 }, () =>
      dispersionOf(scrapes(...Array.from({ length: 240 }, () => binomial(1500, rate, random.next))), 0),
    );
    expect(services.filter(dispersion => dispersion > 0).length).toBeLessThanOrEqual(20);
  },
);

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
