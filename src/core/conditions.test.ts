import { describe, expect, test } from 'vitest';
import { exampleState } from '../../test/model/examples.ts';
import { CanaryPhase } from '../api/canary-status.ts';
import type { Condition } from '../api/condition.ts';
import { type ConditionFacts, conditionsOf, withFailure, withSuccess } from './conditions.ts';
import type { Phase } from './machine.ts';

const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];

function of(
  phase: Phase,
  more: Partial<ConditionFacts> = {},
  previous: readonly Condition[] = [],
): Condition[] {
  const state = exampleState(phase);
  const facts = {
    state,
    kind: 'Deployment',
    reason: 'Why',
    message: 'So.',
    stalled: false,
    converged: true,
    generation: 3,
    now: late,
  };
  return conditionsOf(previous, { ...facts, ...more });
}

function brief(conditions: readonly Condition[]): Record<string, string> {
  return Object.fromEntries(conditions.map(({ type, status }) => [type, status]));
}

test.each(CanaryPhase.options)('%s: Ready or Reconciling, never both', phase => {
  const rest = phase === 'Initialized' || phase === 'Succeeded' || phase === 'Failed';
  const { Promoted: _promoted, ...kstatus } = brief(of(phase));
  expect(kstatus).toEqual(rest ? { Ready: 'True' } : { Ready: 'False', Reconciling: 'True' });
});

test.each<[Phase, string]>([
  ['Initialized', 'True'],
  ['Succeeded', 'True'],
  ['Failed', 'False'],
  ['Progressing', 'Unknown'],
  ['Promoting', 'Unknown'],
])("%s: Flagger's Promoted is %s", (phase, status) => {
  expect(of(phase)[0]).toMatchObject({ type: 'Promoted', status, reason: phase });
});

test('a rolled back target that Git does not yet agree with is stalled, as is what needs a person', () => {
  const stalled = { Ready: 'False', Stalled: 'True' };
  expect(brief(of('Failed', { converged: false }))).toEqual({ Promoted: 'False', ...stalled });
  expect(brief(of('Progressing', { stalled: true }))).toEqual({ Promoted: 'Unknown', ...stalled });
});

test('the time of a transition is that of the status', () => {
  const first = of('Progressing', { now: early });
  const second = of('Progressing', { message: 'Now so.' }, first);
  expect(second.every(({ lastTransitionTime }) => lastTransitionTime === early)).toBe(true);
  const ready = of('Succeeded', {}, second).find(({ type }) => type === 'Ready');
  expect(ready).toMatchObject({ status: 'True', lastTransitionTime: late, observedGeneration: 3 });
});

test('conditions of others stay, and a reason is never empty', () => {
  const foreign = {
    type: 'GitReady',
    status: 'False',
    reason: 'X',
    message: '',
    lastTransitionTime: early,
  } as const;
  const conditions = of('Progressing', { reason: '' }, [foreign]);
  expect(conditions).toContainEqual(foreign);
  expect(conditions.every(({ reason }) => reason !== '')).toBe(true);
});

describe('a dependency', () => {
  const failure = { type: 'GitReady', reason: 'Denied', message: 'No access.' } as const;
  const down = withFailure([], { ...failure, now: early });

  test('is told once it fails, and since when', () => {
    expect(down).toEqual([{ ...failure, status: 'False', lastTransitionTime: early }]);
    expect(withFailure(down, { ...failure, now: late })).toEqual(down);
  });

  test('recovers once, and was never told of where it always worked', () => {
    const up = withSuccess(down, 'GitReady', late);
    expect(up).toMatchObject([{ status: 'True', reason: 'Recovered', lastTransitionTime: late }]);
    expect(withSuccess(up, 'GitReady', early)).toEqual(up);
    expect(withSuccess([], 'GitReady', late)).toEqual([]);
    expect(withSuccess(down, 'AlertsReady', late)).toEqual(down);
  });
});
