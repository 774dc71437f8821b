import { expect, test } from 'vitest';
import { examplePlan, exampleState, now, side } from '../../test/model/examples.ts';
import { decide } from './decide.ts';
import type { Input } from './input.ts';
import type { Phase } from './machine.ts';

const plan = examplePlan({ watch: { forMs: 60_000, intervalMs: 20_000, threshold: 2 } });
const watched = { plan, watchUntil: now + 50_000, watchAt: now };

function inputOf(phase: Phase, changes: Partial<Input> = {}, context: object = {}): Input {
  return {
    now,
    state: exampleState(phase, { plan, ...context }),
    promoted: 'v1-new',
    previous: 'v1-old',
    retry: false,
    seen: { revision: 'v1-new', isPromoted: true },
    target: side({ replicas: 0, available: false }),
    primary: { ...side(), revision: 'v1-new', previous: 'v1-old' },
    services: { backends: true, apexToPrimary: true },
    route: { accepted: true, current: true, weights: { primary: 100, canary: 0 } },
    ...changes,
  };
}

const fails = { check: 'errors', outcome: 'fail', value: '7', limit: 'at most 5' } as const;
const asked = { revision: 'v1-new', reason: 'it is slow' };

test.each<[string, Partial<Input>, object, object]>([
  ['not due yet', {}, { watchAt: now + 1 }, { wakeAt: now + 1 }],
  ['due', {}, {}, { needsSamples: true }],
  ['passes', { verdict: 'pass' }, {}, { event: { type: 'watched', now } }],
  ['has no answer', { verdict: { ...fails, outcome: 'noData' } }, {}, { event: { type: 'watched', now } }],
  [
    'fails',
    { verdict: fails },
    {},
    { event: { type: 'watchFailed', now, revision: 'v1-new' }, message: expect.stringContaining('1 of 2') },
  ],
  ['is over', { verdict: fails }, { watchUntil: now }, { event: { type: 'watchEnded', now } }],
  [
    'goes on beside a problem that starts no run',
    { verdict: 'pass', problem: { reason: 'AlertProviderMissing', message: 'Gone.' } },
    {},
    { event: { type: 'watched', now }, reason: 'AlertProviderMissing', stalled: true },
  ],
  [
    'fails for the last time where nothing is kept',
    { verdict: fails, primary: { ...side(), revision: 'v1-new' } },
    { watchFailures: 1 },
    { reason: 'RollbackImpossible', stalled: true },
  ],
])('a watch that %s', (_what, changes, context, expected) => {
  expect(decide(inputOf('Succeeded', changes, { ...watched, ...context }))).toMatchObject(expected);
});

test.each<[string, Phase, Partial<Input>, object | undefined]>([
  ['what is promoted', 'Succeeded', { asked }, { type: 'undone', now, revision: 'v1-new' }],
  [
    'what is promoted, after another failed',
    'Failed',
    { asked },
    { type: 'undone', now, revision: 'v1-new' },
  ],
  ['what runs', 'Progressing', { asked, promoted: 'v1-old' }, { type: 'gaveUp', now }],
  ['what is being promoted', 'Promoting', { asked, promoted: 'v1-old' }, { type: 'gaveUp', now }],
  ['what has just been promoted', 'Finalising', { asked, promoted: 'v1-old' }, { type: 'gaveUp', now }],
  ['something else', 'Succeeded', { asked: { ...asked, revision: 'v1-x' } }, undefined],
  ['what was promoted before any run', 'Initialized', { asked }, undefined],
  ['what is promoted and has nothing before it', 'Succeeded', { asked, primary: { ...side() } }, undefined],
])('a person asks for the rollback of %s', (_what, phase, changes, event) => {
  const decision = decide(inputOf(phase, changes, { analysedFrom: now, dueAt: now + 1 }));
  expect(decision.event).toEqual(event);
  expect(decision.followsAsked === true).toBe(event !== undefined);
  if (event !== undefined) expect(decision.message).toContain('it is slow');
});

test('a primary that does not become ready with what it got back is told', () => {
  const primary = { ...side({ ready: false, deadlineExceeded: true }), revision: 'v1-new' };
  expect(decide(inputOf('Failed', { primary }))).toMatchObject({ reason: 'RestoreStalled', stalled: true });
});
