import { expect, test } from 'vitest';
import { examplePlan, exampleState, now, running } from '../../test/model/examples.ts';
import type { CanaryStatus } from '../api/canary-status.ts';
import { initialState, type State } from './state.ts';
import { fieldsOf, instant, millis, stateOf } from './status.ts';

function statusOf(state: State): CanaryStatus {
  const { top, clocks } = fieldsOf(state);
  const known = Object.fromEntries(Object.entries(clocks).filter(([, value]) => value !== undefined));
  const run = { id: 'new-1', revision: 'v1-new', startedAt: new Date(now).toISOString(), ...known };
  return { ...top, lastTransitionTime: new Date(now).toISOString(), run };
}

const full = running({
  iterations: 2,
  failures: 1,
  readyBy: now + 5,
  undecidedSince: now - 3,
  undecidedKind: 'error',
});

test.each<[string, State]>([
  ['a run', running()],
  ['a run with every field', full],
  ['a canary with less than one percent', running({ weight: 0.05, bound: 10 })],
  ['one with some more', running({ weight: 0.35, bound: 10 })],
  ['a promotion', exampleState('Promoting', { weight: 50, dueAt: now + 1, readyBy: now + 2 })],
  ['an end', exampleState('Finalising', { dueAt: now + 1 })],
  ['a wait', { ...full, phase: 'WaitingPromotion' }],
  ['a failure', exampleState('Failed', { failures: 2, dueAt: now + 10_000 })],
])('%s comes back from its status as it was', (_, state) => {
  expect(stateOf(statusOf(state), examplePlan())).toEqual(state);
});

test.each([
  ['who reads whole percents reads no 0 where there is traffic', { weight: 0.05 }, 1, 0.05],
  ['whole percents stand there alone', { weight: 10 }, 10, undefined],
])('%s', (_, context, canaryWeight, weight) => {
  const { top, clocks } = fieldsOf(running(context));
  expect([top.canaryWeight, clocks.weight]).toEqual([canaryWeight, weight]);
});

test.each([
  ['without the exact weight counts as it is', 1, {}, 1],
  ['that contradicts the exact weight counts alone', 0, { weight: 0.05 }, 0],
  ['that was raised since counts alone', 5, { weight: 0.05 }, 5],
  ['with a weight that no route of ours has is rounded down', 1, { weight: 0.13 }, 0.1],
])('a canaryWeight %s', (_, canaryWeight, written, weight) => {
  const run = { id: 'new-1', revision: 'v1-new', startedAt: new Date(now).toISOString(), ...written };
  expect(stateOf({ phase: 'Progressing', canaryWeight, run }, examplePlan()).context.weight).toBe(weight);
});

test('no status, and one without a phase, are a fresh Canary', () => {
  const plan = examplePlan();
  expect(stateOf(undefined, plan)).toEqual(initialState(plan));
  expect(stateOf({ outbox: [] }, plan)).toEqual(initialState(plan));
});

test('a phase at rest writes no deadline, so that an idle Canary needs no write', () => {
  expect(fieldsOf(exampleState('Succeeded', { dueAt: now })).clocks.dueAt).toBeUndefined();
});

test.each<[string | undefined, number]>([
  [undefined, 0],
  ['', 0],
  ['yesterday', 0],
  ['2026-01-02T03:04:05Z', now],
  ['2026-01-02T03:04:05.000Z', now],
])('%j is read as %i', (text, ms) => {
  expect(millis(text)).toBe(ms);
});

test('0 is no time', () => {
  expect(instant(0)).toBeUndefined();
  expect(instant(now)).toBe('2026-01-02T03:04:05.000Z');
});
