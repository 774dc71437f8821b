/** A small version of the simulation: the bounds which the full one, `make sim-analysis`, shows with tight figures. */
import { describe, expect, it } from 'vitest';
import { alpha, argo, fastFlagger, flagger, play, siskinWithBudget } from './cell.ts';
import { healthySituations, regression, scenarioOf } from './scenarios.ts';

/** Fixed, since a bound on a share of random outcomes is crossed by chance now and then; `SEED` plays others. */
const seed = Number(process.env['SEED'] ?? 1);

describe(`healthy releases, seed ${seed}`, () => {
  it('are taken back in fewer than 0.5 % of all situations together', () => {
    const releases = 12;
    const cells = healthySituations.flatMap(situation =>
      [10, 1000].map(requests => play(siskinWithBudget, scenarioOf(situation, requests), releases, seed)),
    );
    const rolledBack = cells.reduce((sum, cell) => sum + cell.rolledBack, 0);
    expect(rolledBack / (cells.length * releases)).toBeLessThan(0.005);
    expect(rolledBack / (cells.length * releases)).toBeLessThan(alpha);
  });

  it.each([10, 100, 1000])(
    'take at most a fifth longer with an impact budget, at %d requests/s',
    requests => {
      const cell = play(siskinWithBudget, regression(requests, 0.001), 20, seed);
      expect(cell.held).toBe(0);
      expect(cell.promotionSeconds).toBeLessThanOrEqual(1.2 * 600);
    },
  );
});

describe(`bad releases, seed ${seed}`, () => {
  it.each([
    [100, 0.01, 20],
    [100, 0.05, 20],
    [100, 0.5, 20],
    [1000, 0.01, 25],
    [1000, 0.05, 25],
    [1000, 0.5, 25],
    [1000, 1, 25],
  ])('at %d requests/s with %d errors cost few failed requests', (requests, rate, most) => {
    const cell = play(siskinWithBudget, regression(requests, rate), 60, seed);
    expect(cell.rolledBack).toBe(60);
    expect(cell.meanFailed).toBeLessThanOrEqual(most);
  });
});

describe(`the peers’ rules, seed ${seed}`, () => {
  it.each([
    [flagger, 0.05, 362, 91],
    [flagger, 0.5, 362, 905],
    [fastFlagger, 0.5, 62, 33],
    [argo, 0.05, 242, 152],
    [argo, 0.5, 242, 1520],
  ])('$name at %d takes %d s and %d failed requests', (judge, rate, seconds, failed) => {
    const cell = play(judge, regression(100, rate), 60, seed);
    expect(cell.rollbackSeconds).toBe(seconds);
    expect(cell.meanFailed).toBeGreaterThan(failed * 0.85);
    expect(cell.meanFailed).toBeLessThan(failed * 1.15);
  });

  it('fail a healthy canary that has hardly any traffic', () => {
    const idle = regression(0.05, 0.001);
    expect(play(flagger, idle, 40, seed).rolledBack).toBeGreaterThan(35);
    expect(play(siskinWithBudget, idle, 40, seed)).toMatchObject({ rolledBack: 0, held: 40 });
  });
});
