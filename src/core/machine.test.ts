import { expect, test } from 'vitest';
import { blueGreen, examplePlan, exampleState, now, running } from '../../test/model/examples.ts';
import { CanaryPhase } from '../api/canary-status.ts';
import { type Edge, edges } from './generate-diagram.ts';
import type { Context, Event, Phase } from './machine.ts';
import { initialState, isResting, type State, step } from './state.ts';
import { nextWeight } from './weights.ts';

type Row = readonly [
  edge: string,
  from: State,
  event: Event,
  to: { readonly phase?: Phase; readonly context?: Partial<Context> },
];

const due = now + 10_000;
const deadline = now + 60_000;
const started: Event = { type: 'started', now, revision: 'v1-newer' };
const early = { dueAt: now + 1 };
const inFull = running({ failures: 1, iterations: 2, undecidedSince: now - 5, undecidedKind: 'error' });
const blank = {
  weight: 0,
  bound: 0,
  iterations: 0,
  failures: 0,
  readyBy: 0,
  analysedFrom: 0,
  stepAt: 0,
  undecidedSince: 0,
  undecidedKind: '',
  watchUntil: 0,
  watchAt: 0,
  watchFailures: 0,
} as const;
const begun = { ...blank, revision: 'v1-newer', dueAt: 0, readyBy: deadline } as const;
const ended = { ...blank, dueAt: due };
const held = { dueAt: due, undecidedSince: now, undecidedKind: 'noData' } as const;
const checked = { dueAt: due, undecidedSince: 0, undecidedKind: '' } as const;
const waiting = { ...inFull, phase: 'WaitingPromotion' } as const;
const steps = examplePlan({ promotionStep: 20 });
const seconds = 1_000;
const watch = { forMs: 60 * seconds, intervalMs: 20 * seconds, threshold: 2 };
const watching = { plan: examplePlan({ watch }), watchUntil: deadline, watchAt: now };
const undone = { ...blank, revision: 'v1-old', dueAt: due } as const;
const noData: Event = { type: 'undecided', now, kind: 'noData' };

const rows: readonly Row[] = [
  [
    'Initializing initialized',
    exampleState('Initializing', { revision: '' }),
    { type: 'initialized', now, revision: 'v1-old' },
    { phase: 'Initialized', context: { revision: 'v1-old', dueAt: due } },
  ],
  ...(['Initialized', 'Succeeded', 'Failed'] as const).flatMap((phase): Row[] => [
    [`${phase} gateClosed`, exampleState(phase), { type: 'gateClosed', now }, { phase: 'Waiting' }],
    [
      `${phase} started`,
      exampleState(phase, { failures: 2, dueAt: due }),
      started,
      { phase: 'Progressing', context: begun },
    ],
  ]),
  ['Waiting started', exampleState('Waiting'), started, { phase: 'Progressing', context: begun }],
  [
    'Waiting returned',
    exampleState('Waiting'),
    { type: 'returned', now },
    { phase: 'Succeeded', context: ended },
  ],

  ['Progressing started', inFull, started, { context: begun }],
  [
    'Progressing returned',
    inFull,
    { type: 'returned', now },
    { phase: 'Succeeded', context: { ...ended, failures: 1 } },
  ],
  [
    'Progressing canaryReady begun',
    running({ readyBy: now + 1 }),
    { type: 'canaryReady', now },
    { context: { dueAt: due, readyBy: 0 } },
  ],
  [
    'Progressing canaryReady skips',
    exampleState('Progressing', { plan: examplePlan({ skipAnalysis: true }), readyBy: now + 1 }),
    { type: 'canaryReady', now },
    { phase: 'Promoting', context: { readyBy: deadline } },
  ],
  [
    'Progressing canaryReady otherwise',
    exampleState('Progressing', { readyBy: now + 1 }),
    { type: 'canaryReady', now },
    { context: { weight: 10, dueAt: due, readyBy: 0, analysedFrom: now, stepAt: now } },
  ],
  [
    'Progressing canaryUnready',
    running(),
    { type: 'canaryUnready', now },
    { context: { readyBy: deadline } },
  ],
  [
    'Progressing gaveUp',
    inFull,
    { type: 'gaveUp', now },
    { phase: 'Failed', context: { ...ended, failures: 1 } },
  ],
  ['Progressing passed noVerdictYet', running(early), { type: 'passed', now }, {}],
  [
    'Progressing passed moreWeights',
    inFull,
    { type: 'passed', now },
    { context: { ...checked, weight: 20, stepAt: now } },
  ],
  [
    'Progressing passed moreChecks',
    running({ plan: examplePlan(blueGreen), weight: 0 }),
    { type: 'passed', now },
    { context: { ...checked, iterations: 1 } },
  ],
  [
    'Progressing passed wantsFullTraffic',
    running({ plan: examplePlan(blueGreen), weight: 0, iterations: 2 }),
    { type: 'passed', now },
    { context: { ...checked, weight: 100, iterations: 3, stepAt: now } },
  ],
  [
    'Progressing passed otherwise',
    running({ weight: 50 }),
    { type: 'passed', now },
    { phase: 'Promoting', context: { dueAt: 0, readyBy: deadline } },
  ],
  [
    'Progressing passed belowLast',
    running({ weight: 30, bound: 50 }),
    { type: 'passed', now, limit: 30 },
    {},
  ],
  [
    'Progressing eased',
    running({ weight: 5, bound: 20, dueAt: now + 7 }),
    { type: 'eased', now, limit: 12 },
    { context: { weight: 12, bound: 20, stepAt: now } },
  ],
  [
    'Progressing proven',
    inFull,
    { type: 'proven', now },
    { phase: 'Failed', context: { ...ended, failures: 2 } },
  ],
  ['Progressing failed noVerdictYet', running(early), { type: 'failed', now }, {}],
  [
    'Progressing failed exhausted',
    inFull,
    { type: 'failed', now },
    { phase: 'Failed', context: { ...ended, failures: 2 } },
  ],
  [
    'Progressing failed otherwise',
    running({ undecidedSince: now - 5, undecidedKind: 'error' }),
    { type: 'failed', now },
    { context: { ...checked, failures: 1 } },
  ],
  ['Progressing undecided noVerdictYet', running(early), noData, {}],
  ['Progressing undecided otherwise', running(), noData, { context: held }],
  [
    'Progressing gateClosed',
    running(),
    { type: 'gateClosed', now },
    { phase: 'WaitingPromotion', context: { dueAt: due, undecidedSince: now } },
  ],

  ['WaitingPromotion started', waiting, started, { phase: 'Progressing', context: begun }],
  [
    'WaitingPromotion returned',
    waiting,
    { type: 'returned', now },
    { phase: 'Succeeded', context: { ...ended, failures: 1 } },
  ],
  [
    'WaitingPromotion gateOpened',
    waiting,
    { type: 'gateOpened', now },
    { phase: 'Promoting', context: { ...checked, dueAt: 0, readyBy: deadline } },
  ],
  [
    'WaitingPromotion gaveUp',
    waiting,
    { type: 'gaveUp', now },
    { phase: 'Failed', context: { ...ended, failures: 1 } },
  ],
  [
    'WaitingPromotion proven',
    exampleState('WaitingPromotion', { analysedFrom: 5 }),
    { type: 'proven', now },
    { phase: 'Failed', context: { ...ended, failures: 1 } },
  ],
  [
    'WaitingPromotion failed noVerdictYet',
    exampleState('WaitingPromotion', { ...early, analysedFrom: 5 }),
    { type: 'failed', now },
    {},
  ],
  [
    'WaitingPromotion failed exhausted',
    waiting,
    { type: 'failed', now },
    { phase: 'Failed', context: { ...ended, failures: 2 } },
  ],
  [
    'WaitingPromotion failed otherwise',
    exampleState('WaitingPromotion', { analysedFrom: 5 }),
    { type: 'failed', now },
    { context: { ...checked, failures: 1 } },
  ],
  [
    'WaitingPromotion undecided noVerdictYet',
    exampleState('WaitingPromotion', { ...early, analysedFrom: 5 }),
    noData,
    {},
  ],
  [
    'WaitingPromotion undecided otherwise',
    exampleState('WaitingPromotion', { analysedFrom: 5 }),
    noData,
    { context: held },
  ],

  ['Promoting started sameRevision', exampleState('Promoting', { revision: 'v1-newer' }), started, {}],
  [
    'Promoting started otherwise',
    exampleState('Promoting', { weight: 50 }),
    started,
    { phase: 'Progressing', context: begun },
  ],
  [
    'Promoting returned',
    exampleState('Promoting', { weight: 50 }),
    { type: 'returned', now },
    { phase: 'Succeeded', context: ended },
  ],
  ['Promoting primaryReady tooEarly', exampleState('Promoting', early), { type: 'primaryReady', now }, {}],
  [
    'Promoting primaryReady stepsBack',
    exampleState('Promoting', { plan: steps, weight: 50, readyBy: deadline }),
    { type: 'primaryReady', now },
    { context: { weight: 30, dueAt: due, readyBy: 0 } },
  ],
  [
    'Promoting primaryReady otherwise',
    exampleState('Promoting', { plan: steps, weight: 20, readyBy: deadline }),
    { type: 'primaryReady', now },
    { phase: 'Finalising', context: { weight: 0, dueAt: due, readyBy: 0 } },
  ],
  ['Finalising elapsed tooEarly', exampleState('Finalising', early), { type: 'elapsed', now }, {}],
  [
    'Finalising elapsed otherwise',
    exampleState('Finalising', { failures: 1, stepAt: 5, analysedFrom: 5 }),
    { type: 'elapsed', now },
    { phase: 'Succeeded', context: { ...blank, dueAt: 0 } },
  ],
  ...(['Promoting', 'Finalising'] as const).map(
    (phase): Row => [
      `${phase} gaveUp`,
      exampleState(phase, { weight: phase === 'Promoting' ? 50 : 0, readyBy: deadline }),
      { type: 'gaveUp', now },
      { phase: 'Failed', context: ended },
    ],
  ),

  [
    'Succeeded watched notWatching',
    exampleState('Succeeded', { ...watching, watchAt: now + 1 }),
    { type: 'watched', now },
    {},
  ],
  [
    'Succeeded watched otherwise',
    exampleState('Succeeded', watching),
    { type: 'watched', now },
    { context: { watchAt: now + watch.intervalMs } },
  ],
  [
    'Succeeded watchFailed notWatching',
    exampleState('Succeeded'),
    { type: 'watchFailed', now, revision: 'v1-old' },
    {},
  ],
  [
    'Succeeded watchFailed watchExhausted',
    exampleState('Succeeded', { ...watching, watchFailures: 1 }),
    { type: 'watchFailed', now, revision: 'v1-old' },
    { phase: 'Failed', context: undone },
  ],
  [
    'Succeeded watchFailed otherwise',
    exampleState('Succeeded', watching),
    { type: 'watchFailed', now, revision: 'v1-old' },
    { context: { watchAt: now + watch.intervalMs, watchFailures: 1 } },
  ],
  [
    'Succeeded watchEnded',
    exampleState('Succeeded', { ...watching, watchFailures: 1 }),
    { type: 'watchEnded', now },
    { context: { watchUntil: 0, watchAt: 0, watchFailures: 0 } },
  ],
  ...(['Succeeded', 'Failed'] as const).map(
    (phase): Row => [
      `${phase} undone`,
      exampleState(phase, { dueAt: 5 }),
      { type: 'undone', now, revision: 'v1-old' },
      { phase: 'Failed', context: undone },
    ],
  ),
];

function nameOf({ source, event, guard }: Edge): string {
  return [source, event, guard].filter(word => word !== undefined).join(' ');
}

test.each(rows)('%s', (_, from, event, to) => {
  const expected = { phase: to.phase ?? from.phase, context: { ...from.context, ...to.context } };
  expect(step(from, event)).toEqual(expected);
});

test('the rows above are the transitions of the machine, each once', () => {
  expect(rows.map(([edge]) => edge).sort()).toEqual(edges.map(nameOf).sort());
});

test.each(CanaryPhase.options)('deleted leads from %s to Terminating', phase => {
  const from = exampleState(phase, { weight: 10 });
  const { phase: to, context } = step(from, { type: 'deleted', now });
  expect([to, context]).toEqual(['Terminating', { ...from.context, readyBy: deadline }]);
});

test.each<Event>([{ type: 'passed', now }, { type: 'failed', now }, noData])(
  'a run that had no requests yet is not judged: $type',
  event => {
    const fresh = exampleState('Progressing', { readyBy: deadline });
    expect(step(fresh, event)).toBe(fresh);
  },
);

test('an impact budget cuts steps, whose order stays; the last one lasts its time once it has its whole weight', () => {
  const opened = step(exampleState('Progressing'), { type: 'canaryReady', now, limit: 1 });
  expect(opened.context).toMatchObject({ weight: 1, bound: 10, dueAt: due });
  const second = step(opened, { type: 'passed', now: due, limit: 4 });
  expect(second.context).toMatchObject({ weight: 4, bound: 20 });
  const last = step(second, { type: 'passed', now: due + 10_000, limit: 30 });
  expect(last.context).toMatchObject({ weight: 30, bound: 50, dueAt: due + 20_000 });
  const whole = step(last, { type: 'eased', now: due + 15_000, limit: 80 });
  expect(whole.context).toMatchObject({ weight: 50, bound: 0, dueAt: due + 25_000 });
  expect(step(whole, { type: 'passed', now: due + 25_000, limit: 80 }).phase).toBe('Promoting');
});

test('below one percent the weight rises in fractions, and the step stays what it is', () => {
  const begun = step(exampleState('Progressing'), { type: 'canaryReady', now, limit: 0.05 });
  expect(begun.context).toMatchObject({ weight: 0.05, bound: 10 });
  const eased = step(begun, { type: 'eased', now: now + 1, limit: 0.15 });
  expect(eased.context).toMatchObject({ weight: 0.15, bound: 10, dueAt: begun.context.dueAt });
  const next = step(eased, { type: 'passed', now: begun.context.dueAt, limit: 0.15 });
  expect(next.context).toMatchObject({ weight: 0.15, bound: 20 });
  const late = next.context.dueAt + 5_000;
  expect(step(next, { type: 'eased', now: late, limit: 1 }).context).toMatchObject({
    weight: 1,
    dueAt: late + 10_000,
  });
  expect(step(next, { type: 'eased', now: now + 20_000, limit: 100 }).context).toMatchObject({
    weight: 20,
    bound: 0,
  });
});

test.each<Event>([
  { type: 'eased', now, limit: 5 },
  { type: 'eased', now, limit: 100 },
])('a budget neither takes back nor gives more than the step asks for', event => {
  const whole = running({ weight: 10 });
  expect(step(whole, event)).toBe(whole);
});

test('an event that a phase does not know, or that changes nothing, answers the very same state', () => {
  const failed = exampleState('Failed');
  expect(step(failed, { type: 'passed', now })).toBe(failed);
  const unready = running({ readyBy: deadline });
  expect(step(unready, { type: 'canaryUnready', now })).toBe(unready);
});

test('a promoted release is watched from its promotion on, and a new run ends that', () => {
  const from = exampleState('Finalising', { plan: watching.plan });
  const promoted = step(from, { type: 'elapsed', now });
  expect(promoted.context).toMatchObject({ watchUntil: now + watch.forMs, watchAt: now + watch.intervalMs });
  expect(step(promoted, started).context).toMatchObject({ watchUntil: 0, watchAt: 0 });
});

test('holding goes on since the first undecided sample, whatever the later ones lack', () => {
  const first = step(running(), noData);
  const second = step(first, { type: 'undecided', now: due, kind: 'error' });
  expect(second.context).toMatchObject({ undecidedSince: now, undecidedKind: 'error', dueAt: due + 10_000 });
});

test('blue/green without a router never moves traffic', () => {
  const plan = examplePlan({ ...blueGreen, routed: false });
  const last = running({ plan, weight: 0, iterations: 2 });
  expect(step(last, { type: 'passed', now })).toMatchObject({ phase: 'Promoting', context: { weight: 0 } });
  const opened = step(exampleState('Progressing', { plan }), { type: 'canaryReady', now });
  expect(opened.context).toMatchObject({ weight: 0, analysedFrom: now });
});

test('blue/green behind a router is promoted after the check at full traffic', () => {
  const full = running({ plan: examplePlan(blueGreen), weight: 100, iterations: 3 });
  expect(step(full, { type: 'passed', now })).toMatchObject({ phase: 'Promoting', context: { weight: 100 } });
});

test.each([
  [0, 10],
  [10, 20],
  [15, 20],
  [50, undefined],
  [60, undefined],
])('after %i % comes %s, also where the list was edited meanwhile', (weight, next) => {
  expect(nextWeight(examplePlan(), weight)).toBe(next);
});

test('a Canary without a status starts at Initializing with nothing', () => {
  const plan = examplePlan();
  expect(initialState(plan)).toEqual({
    phase: 'Initializing',
    context: { ...blank, plan, revision: '', dueAt: 0 },
  });
});

test('at rest are Initialized, Succeeded and Failed', () => {
  const resting = CanaryPhase.options.filter(isResting);
  expect(resting).toEqual(['Initialized', 'Succeeded', 'Failed']);
});
