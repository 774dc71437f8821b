import { expect, it } from 'vitest';
import { outsideObjective } from './objective.ts';

const good = { total: 1000, bad: 1 };
const bad = { total: 1000, bad: 50 };

it.each([
  ['both within', good, good, undefined],
  ['the canary outside', bad, good, 'canary'],
  ['the primary outside', good, bad, 'primary'],
  ['both outside', bad, bad, 'both'],
  ['no request, no claim', { total: 0, bad: 0 }, { total: 0, bad: 0 }, undefined],
  ['one of three is not enough to claim', { total: 3, bad: 1 }, good, undefined],
])('%s', (_, canary, primary, outside) => {
  expect(outsideObjective(canary, primary, 0.99)).toBe(outside);
});
