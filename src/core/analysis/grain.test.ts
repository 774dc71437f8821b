import { expect, it } from 'vitest';
import { grain, restOf, weightWithin } from './grain.ts';

it.each([
  [0, grain],
  [0.000_01, grain],
  [0.0005, 0.05],
  [0.000_99, 0.05],
  [0.001, 0.1],
  [0.0015, 0.15],
  [0.007_14, 0.7],
  [0.009_999, 0.95],
  [0.01, 1],
  [0.0199, 1],
  [0.07, 7],
  [0.29, 29],
  [1, 100],
  [7, 100],
])('a share of %d allows a weight of %d %%', (share, weight) => {
  expect(weightWithin(share)).toBe(weight);
});

it('every grain comes back as itself, also from a rest, and is written with two digits', () => {
  const weights = Array.from({ length: 20 }, (_, index) => (index + 1) / 20);
  expect(weights.map(weight => weightWithin(weight / 100))).toEqual(weights);
  expect(weights.map(weight => restOf(restOf(weight)))).toEqual(weights);
  expect(weights.filter(weight => !/^(1|0\.\d\d?)$/u.test(`${weight}`))).toEqual([]);
  expect(weights.filter(weight => !/^99(\.\d\d?)?$/u.test(`${restOf(weight)}`))).toEqual([]);
});
