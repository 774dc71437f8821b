import { describe, expect, test } from 'vitest';
import { blueGreen, examplePlan, exampleState, now, running } from '../../test/model/examples.ts';
import { alertEntries } from './announce.ts';
import type { Event } from './machine.ts';
import { type Milestone, milestoneOf, severityOf } from './milestone.ts';
import { type State, step } from './state.ts';

const fresh = exampleState('Progressing');
const undecided: Event = { type: 'undecided', now, kind: 'noData' };
const started: Event = { type: 'started', now, revision: 'v1-b' };
const checks = running({ weight: 0, plan: examplePlan(blueGreen) });
const steps = exampleState('Promoting', { weight: 50, plan: examplePlan({ promotionStep: 20 }) });

test.each<[Milestone | undefined, State, Event]>([
  ['Initialized', exampleState('Initializing'), { type: 'initialized', now, revision: 'v1-a' }],
  ['NewRevision', exampleState('Succeeded'), started],
  ['Restarted', running(), started],
  ['Restarted', exampleState('Promoting'), started],
  ['Restarted', exampleState('WaitingPromotion'), started],
  ['Returned', running(), { type: 'returned', now }],
  ['WaitingForApproval', running(), { type: 'gateClosed', now }],
  ['Promoting', exampleState('WaitingPromotion'), { type: 'gateOpened', now }],
  ['CanaryNotReady', running(), { type: 'canaryUnready', now }],
  ['WeightChanged', fresh, { type: 'canaryReady', now }],
  [
    'CanaryReady',
    exampleState('Progressing', { plan: examplePlan(blueGreen) }),
    { type: 'canaryReady', now },
  ],
  ['CanaryReady', running({ readyBy: now }), { type: 'canaryReady', now }],
  [
    'Promoting',
    exampleState('Progressing', { plan: examplePlan({ skipAnalysis: true }) }),
    { type: 'canaryReady', now },
  ],
  ['WeightChanged', running(), { type: 'passed', now }],
  ['CheckPassed', checks, { type: 'passed', now }],
  ['Promoting', running({ weight: 50 }), { type: 'passed', now }],
  ['CheckFailed', running(), { type: 'failed', now }],
  ['RolledBack', running({ failures: 1 }), { type: 'failed', now }],
  ['RolledBack', running(), { type: 'gaveUp', now }],
  ['Held', running(), undecided],
  [undefined, running({ undecidedSince: now - 1 }), undecided],
  ['PrimaryWeightChanged', steps, { type: 'primaryReady', now }],
  ['Finalising', exampleState('Promoting', { weight: 50 }), { type: 'primaryReady', now }],
  ['Promoted', exampleState('Finalising'), { type: 'elapsed', now }],
  ['Terminating', running(), { type: 'deleted', now }],
])('%s', (milestone, before, event) => {
  expect(milestoneOf(before, step(before, event), event)).toBe(milestone);
});

describe('who is told', () => {
  const alerts = (['info', 'warn', 'error'] as const).map(severity => ({
    provider: `shop/${severity}`,
    severity,
  }));
  const told = (milestone: Milestone, runId = 'new-1') =>
    alertEntries({ milestone, reason: 'R', message: 'M.', runId }, alerts, new Date(now).toISOString());

  test.each<[Milestone, string[]]>([
    ['RolledBack', ['shop/info', 'shop/warn', 'shop/error']],
    ['Held', ['shop/info', 'shop/warn']],
    ['Promoted', ['shop/info']],
  ])('of %s: %j', (milestone, providers) => {
    const entries = told(milestone);
    expect(entries.map(({ provider }) => provider)).toEqual(providers);
    expect(
      entries.every(({ event, severity }) => event === milestone && severity === severityOf(milestone)),
    ).toBe(true);
  });

  test('what has no severity of its own only updates, and only where everything is listened to', () => {
    expect(told('WeightChanged')).toMatchObject([
      { provider: 'shop/info', severity: 'info', event: 'Update' },
    ]);
    expect(told('WeightChanged', 'init')).toEqual([]);
  });

  test('each entry has an identity of its own that a status can hold', () => {
    const ids = told('RolledBack', 'r'.repeat(300)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(ids.every(id => id.length <= 256)).toBe(true);
  });
});
