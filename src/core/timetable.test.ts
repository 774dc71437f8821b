import { describe, expect, it } from 'vitest';
import { initialContext } from './machine.ts';
import type { Plan } from './plan.ts';
import { timetableOf } from './timetable.ts';

const { plan: empty } = initialContext;
const canary: Plan = {
  ...empty,
  strategy: 'Canary',
  routed: true,
  weights: [5, 20, 50],
  intervalMs: 30_000,
  threshold: 2,
  progressDeadlineMs: 600_000,
};

describe('the timetable of a release', () => {
  it('has the weights in turn, each for one interval, and a last one in which the canary drains', () => {
    expect(timetableOf(canary)).toEqual({
      stretches: [
        { kind: 'step', weight: 5, from: 0, until: 30_000 },
        { kind: 'step', weight: 20, from: 30_000, until: 60_000 },
        { kind: 'step', weight: 50, from: 60_000, until: 90_000 },
        { kind: 'drain', weight: 0, from: 90_000, until: 120_000 },
      ],
      shortestMs: 120_000,
      // Twice the progress deadline, and one check which fails without failing the release.
      longestMs: 120_000 + 2 * 600_000 + 30_000,
      // Two failing checks, both at the first weight.
      rollbackMs: 60_000,
      exposedSeconds: 3,
    });
  });

  it('gives the traffic back in steps where the plan says so', () => {
    const { stretches } = timetableOf({ ...canary, weights: [50], promotionStep: 20 });
    expect(stretches.map(({ kind, weight }) => `${kind} ${weight}`)).toEqual([
      'step 50',
      'promotion 30',
      'promotion 10',
      'drain 0',
    ]);
  });

  it('ends blue/green behind a router with one check at all requests, elsewhere without', () => {
    const blueGreen: Plan = { ...canary, strategy: 'BlueGreen', weights: [], iterations: 3, threshold: 1 };
    expect(timetableOf(blueGreen).stretches.map(({ kind, weight }) => `${kind} ${weight}`)).toEqual([
      'check 0',
      'check 0',
      'check 0',
      'check 100',
      'drain 0',
    ]);
    expect(timetableOf(blueGreen)).toMatchObject({ rollbackMs: 30_000, exposedSeconds: 0 });
    expect(timetableOf({ ...blueGreen, routed: false }).stretches).toHaveLength(4);
  });

  it('is nothing but the roll-out where the analysis is skipped', () => {
    expect(timetableOf({ ...canary, skipAnalysis: true })).toMatchObject({
      shortestMs: 30_000,
      rollbackMs: undefined,
      exposedSeconds: 0,
    });
  });
});
