import { describe, expect, it } from 'vitest';
import type { Batch } from './batch.ts';
import { type CheckState, evidenceOf, startCheck, takeBatch } from './check.ts';
import { checkSettings } from './settings.ts';

const start = 1_790_000_000_000;
const settings = checkSettings('errors', 'balanced', { slo: 0.99 });
const scrape = 15_000;
const history = Array.from({ length: 240 }, () => ({ total: 1500, bad: [1.5] }));

/** The batch with that number after the start. */
function batch(number: number, canary: readonly [number, number], primary: readonly [number, number]): Batch {
  return {
    from: start + number * scrape,
    to: start + (number + 1) * scrape,
    canary: { total: canary[0], bad: [canary[1]] },
    primary: { total: primary[0], bad: [primary[1]] },
  };
}

function after(batches: readonly Batch[], of = settings): CheckState {
  return batches.reduce((state, next) => takeBatch(state, next, of), startCheck(history, start, of));
}

function bytes(state: CheckState): number {
  return Buffer.byteLength(JSON.stringify(state));
}

const healthy = Array.from({ length: 10 }, (_, number) => batch(number, [75, 0], [1425, 1]));

describe('a batch', () => {
  it('is judged once', () => {
    const state = after(healthy);
    for (const again of healthy) expect(takeBatch(state, again, settings)).toBe(state);
  });

  it('that overlaps the last one is not judged', () => {
    const state = after(healthy);
    const late = batch(9.5, [75, 75], [1425, 1]);
    expect(takeBatch(state, late, settings)).toBe(state);
  });

  it('gives the same after a state has been through JSON', () => {
    const state = after(healthy);
    const restored: CheckState = JSON.parse(JSON.stringify(state));
    expect(restored).toEqual(state);
    const next = batch(10, [75, 9], [1425, 1]);
    expect(takeBatch(restored, next, settings)).toEqual(takeBatch(state, next, settings));
  });

  it.each([
    ['of the canary', batch(0, [0, 0], [1425, 1])],
    ['of the primary', batch(0, [75, 1], [0, 0])],
  ])('without requests %s is no evidence', (_, empty) => {
    const state = after([empty]);
    expect(evidenceOf(state, settings).share).toBe(0);
    expect(state.regular.batches).toBe(0);
    expect(state.at).toBe(empty.to);
  });

  it('alone never decides, however bad', () => {
    for (const preset of ['conservative', 'balanced', 'sensitive'] as const) {
      for (const kind of ['errors', 'latency'] as const) {
        const of = checkSettings(kind, preset, { warmUpMs: 0 });
        const state = after([batch(0, [50_000, 50_000], [50_000, 0])], of);
        expect(evidenceOf(state, of).share).toBeGreaterThan(0.5);
        expect(state.over).toBeUndefined();
      }
    }
  });
});

describe('the warm-up', () => {
  const cold = [batch(0, [75, 4], [1425, 1]), batch(1, [75, 4], [1425, 1])];

  it('counts from the first request of the canary and silences the regular channel', () => {
    const state = after([
      batch(0, [0, 0], [1500, 1]),
      batch(1, [75, 4], [1425, 1]),
      batch(2, [75, 4], [1425, 1]),
    ]);
    expect(state).toMatchObject({ first: start + scrape, judged: 0, regular: { batches: 0 } });
    expect(takeBatch(state, batch(3, [75, 4], [1425, 1]), settings)).toMatchObject({
      judged: 75,
      regular: { batches: 1 },
    });
  });

  it('is no excuse for a canary that is very bad', () => {
    expect(after(cold).over).toBeUndefined();
    const terrible = after([batch(0, [75, 60], [1425, 1]), batch(1, [75, 60], [1425, 1])]);
    expect(terrible.over).toBe(true);
    expect(evidenceOf(terrible, settings).channel).toBe('critical');
  });

  it('may be absent', () => {
    const state = after(cold, { ...settings, warmUpMs: 0 });
    expect(state.regular.batches).toBe(2);
    expect(state.over).toBe(true);
  });
});

describe('a failure', () => {
  it('stays until the evidence has fallen under half of the limit', () => {
    const bad = [0, 1].map(number => batch(number, [75, 4], [1425, 1]));
    const of = { ...settings, warmUpMs: 0 };
    let state = after(bad, of);
    let number = 2;
    while (state.over === true && number < 1000) {
      expect(evidenceOf(state, of).share).toBeGreaterThanOrEqual(0.5);
      state = takeBatch(state, batch(number, [75, 0], [1425, 1]), of);
      number += 1;
    }
    expect(number).toBeGreaterThan(3);
    expect(evidenceOf(state, of).share).toBeLessThan(0.5);
  });
});

describe('the objective', () => {
  it('is missed by what the last two batches show, and met two batches later', () => {
    const incident = [0, 1].map(number => batch(number, [75, 20], [1425, 400]));
    const outside = [2, 3].map(number => batch(number, [75, 0], [1425, 1]));
    const states = [...incident, ...outside].map((_, index, all) => after(all.slice(0, index + 1)));
    expect(states.map(state => state.outside)).toEqual(['both', 'both', 'both', undefined]);
    expect(states.every(state => state.over === undefined)).toBe(true);
  });
});

describe('the state fits into a status', () => {
  const long = Array.from({ length: 720 }, (_, number) => number);
  it('of errors, with both channels, after three hours of 10,000 requests/s', () => {
    const state = after(long.map(number => batch(number, [15_000.123, 31.5678], [135_000.456, 170.789])));
    expect(bytes(state)).toBeLessThan(400);
  });

  it('of latency at three boundaries, after three hours of 1,000 requests/s', () => {
    const of = checkSettings('latency', 'balanced');
    let state = startCheck([{ total: 60_000, bad: [30_000, 6000, 1200] }], start, of, [0.075, 0.25, 0.75]);
    for (const number of long) {
      const { from, to } = batch(number, [0, 0], [0, 0]);
      const canary = { total: 1500.123, bad: [751.456, 150.789, 31.234] };
      const primary = { total: 13_500.123, bad: [6751.456, 1350.789, 270.234] };
      state = takeBatch(state, { from, to, canary, primary }, of);
    }
    expect(state.regular.batches).toBeGreaterThan(700);
    expect(bytes(state)).toBeLessThan(400);
  });
});

describe('odd counts', () => {
  it.each([
    ['NaN', Number.NaN, 0],
    ['infinite', Number.POSITIVE_INFINITY, 0],
    ['negative', 75, -1],
  ])('%s: no batch', (_, total, bad) => {
    const state = after(healthy);
    expect(takeBatch(state, batch(10, [total, bad], [1425, 1]), settings)).toBe(state);
  });

  it('more bad ones than requests: all of them', () => {
    const of = { ...settings, warmUpMs: 0 };
    const odd = after([batch(0, [10, 10.5], [190, 0])], of);
    const all = after([batch(0, [10, 10], [190, 0])], of);
    expect(odd.regular).toEqual(all.regular);
  });

  it('any size: finite evidence', () => {
    for (const [total, bad] of [
      [1e9, 0],
      [1e9, 1e9],
      [1e-6, 1e-6],
      [1e9, 1e5],
    ] as const) {
      for (const primary of [1e-6, 1, 1e9]) {
        const state = after([0, 1, 2].map(number => batch(number, [total, bad], [primary, primary / 1000])));
        expect(state.regular.capital.every(Number.isFinite)).toBe(true);
        expect(evidenceOf(state, settings).share).not.toBeNaN();
      }
    }
  });
});

describe('what is expected of the canary', () => {
  it('is the primary’s rate batch by batch, however the shares change', () => {
    const state = after([batch(0, [10, 0], [990, 99]), batch(1, [500, 1], [500, 1])]);
    expect(state.expected).toBeCloseTo(10 * 0.1 + 500 * 0.002, 6);
  });
});
