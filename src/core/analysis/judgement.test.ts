import { describe, expect, it } from 'vitest';
import type { Arm } from './batch.ts';
import { startCheck } from './check.ts';
import { assess, type Judgement, judgeBatch } from './judgement.ts';
import { type CheckSettings, checkSettings } from './settings.ts';

const settings = checkSettings('errors', 'balanced', { slo: 0.99, warmUpMs: 0 });
const scrape = 15_000;
const history = Array.from({ length: 40 }, () => ({ total: 1500, bad: [1.5] }));

type Row = readonly [number, number, number, number];

/** What is said after each of the batches, rows of canary total, bad, primary total, bad. */
function judged(
  rows: readonly Row[],
  of: CheckSettings = settings,
  before: readonly Arm[] = history,
): Judgement {
  let state = startCheck(before, 0, of);
  for (const [index, [total, bad, primaryTotal, primaryBad]] of rows.entries()) {
    const batch = {
      from: index * scrape,
      to: (index + 1) * scrape,
      canary: { total, bad: [bad] },
      primary: { total: primaryTotal, bad: [primaryBad] },
    };
    state = judgeBatch(state, batch, of).state;
  }
  return assess(state, of);
}

const times = (count: number, row: Row): Row[] => Array.from({ length: count }, () => row);

describe('worse than the primary × outside the objective', () => {
  it.each<[string, Row[], Partial<CheckSettings>, Judgement['outcome'], Judgement['action']]>([
    ['neither', times(20, [75, 0, 1425, 1]), {}, 'pass', 'advance'],
    ['only outside: a shared incident holds', times(8, [75, 4, 1425, 71]), {}, 'pass', 'hold'],
    ['worse: rollback', times(40, [300, 3, 5700, 6]), { slo: 0.9 }, 'fail', 'rollback'],
    ['worse, but asked to hold', times(40, [300, 3, 5700, 6]), { slo: 0.9, onFail: 'hold' }, 'fail', 'hold'],
    [
      'worse and outside: rollback, whatever was asked',
      times(4, [75, 9, 1425, 1]),
      { onFail: 'hold' },
      'fail',
      'rollback',
    ],
    [
      'outside, worse perhaps: hold until it is known',
      times(1, [75, 9, 1425, 1]),
      {},
      'inconclusive',
      'hold',
    ],
  ])('%s', (_, rows, own, outcome, action) => {
    expect(judged(rows, { ...settings, ...own })).toMatchObject({ outcome, action });
  });

  it('names the sides that are outside', () => {
    expect(judged(times(4, [75, 4, 1425, 71])).outside).toBe('both');
    expect(judged(times(1, [75, 9, 1425, 1])).outside).toBe('canary');
    expect(judged(times(4, [75, 0, 1425, 1])).outside).toBeUndefined();
  });
});

describe('without enough requests', () => {
  it('there is no verdict, but steps go on', () => {
    const judgement = judged(times(3, [5, 0, 95, 0]));
    expect(judgement).toMatchObject({ outcome: 'inconclusive', action: 'advance', judged: 15 });
    expect(judgement.needed).toBeGreaterThan(100);
    expect(judgement.needed).toBeLessThan(1000);
  });

  it.each([
    ['on the canary', times(3, [0, 0, 95, 0]), history],
    ['on the primary, ever', times(3, [5, 0, 0, 0]), []],
  ])('%s: no data, hold', (_, rows, before) => {
    expect(judged(rows, settings, before)).toMatchObject({ outcome: 'noData', action: 'hold', evidence: 0 });
  });

  it('a fixed number asks for just that', () => {
    const of = { ...settings, minRequests: 15 };
    expect(judged(times(2, [5, 0, 95, 0]), of).outcome).toBe('inconclusive');
    expect(judged(times(3, [5, 0, 95, 0]), of).outcome).toBe('pass');
  });

  it('a rarer error needs more of them', () => {
    const rare = judged(times(1, [75, 0, 1425, 0]), settings, [{ total: 60_000, bad: [6] }]);
    const often = judged(times(1, [75, 0, 1425, 0]), settings, [{ total: 60_000, bad: [600] }]);
    expect(rare.needed).not.toBe(often.needed);
  });
});

describe('latency', () => {
  it('is told at the boundary that says most', () => {
    const of = checkSettings('latency', 'balanced', { warmUpMs: 0 });
    let state = startCheck([{ total: 60_000, bad: [30_000, 6000, 1200] }], 0, of, [0.1, 0.25, 0.5]);
    for (let index = 0; index < 8; index += 1) {
      const canary = { total: 150, bad: [76, 45, 4] };
      const primary = { total: 2850, bad: [1425, 285, 57] };
      state = judgeBatch(state, { from: index * 15, to: index * 15 + 15, canary, primary }, of).state;
    }
    expect(assess(state, of)).toMatchObject({
      outcome: 'fail',
      action: 'rollback',
      bound: 0.25,
      canary: { total: 1200, bad: 360 },
      primary: { total: 22_800, bad: 2280 },
    });
  });
});
