import { describe, expect, test } from 'vitest';
import {
  exampleInput,
  examplePlan,
  exampleState,
  now,
  running,
  side,
  without,
} from '../../test/model/examples.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Input } from './input.ts';
import type { CheckResult } from './judge.ts';
import type { Context, Phase } from './machine.ts';
import type { State } from './state.ts';

interface Expected {
  readonly event?: string;
  readonly reason: string;
  readonly message?: RegExp;
  readonly wakeAt?: number;
  readonly stalled?: true;
  readonly needsSamples?: true;
  readonly inconclusive?: true;
  readonly overdue?: true;
}

type Row = readonly [name: string, input: Input, expected: Expected];

/** Everything but the sentence is compared in full. */
function summary({ event, message: _message, ...rest }: Decision): object {
  return event === undefined ? rest : { ...rest, event: event.type };
}

function check(_: string, input: Input, { message = /(?:)/, ...expected }: Expected): void {
  const decision = decide(input);
  expect(summary(decision)).toEqual(expected);
  expect(decision.message).toMatch(message);
}

const problem = { reason: 'RouteConflict', message: 'Somebody else owns the route.' };
const quarantined = { reason: 'it failed' };
const notAccepted = { accepted: false, current: true, message: 'no listener' };
const other = { revision: 'v1-other', isPromoted: false };
const back = { revision: 'v1-old', isPromoted: true };
const unready = side({ ready: false, message: '1 of 2' });
const promotedPrimary = { ...side(), revision: 'v1-new' };

const fail: CheckResult = { check: 'errors', outcome: 'fail', value: '7', limit: 'at most 5' };
function undecided(outcome: CheckResult['outcome']): CheckResult {
  return { check: 'errors', outcome, value: 'no series', limit: 'at most 5' };
}

function holding(since: number): State {
  return running({ undecidedSince: since });
}

function promoting(context: Partial<Context>, primary: Partial<Input['primary']>): Input {
  return exampleInput(exampleState('Promoting', context), { primary: { ...promotedPrimary, ...primary } });
}

function resting(phase: Phase, changes: Partial<Input>, context: Partial<Context> = {}): Input {
  const state = exampleState(phase, { revision: 'v1-last', ...context });
  return exampleInput(state, { seen: other, ...changes });
}

describe('initialising', () => {
  const input = exampleInput(exampleState('Initializing', { revision: '' }), {
    seen: { revision: 'v1-first', isPromoted: false },
    primary: side(),
  });
  const reason = 'Initializing';
  test.each<Row>([
    ['a problem stops it', { ...input, problem }, { reason: 'RouteConflict', stalled: true }],
    ['without a target', without(input, 'seen'), { reason, message: /Creating/ }],
    ['without a primary', without(input, 'primary'), { reason, message: /Creating/ }],
    ['the primary is not ready', { ...input, primary: unready }, { reason, message: /1 of 2/ }],
    ['no Services', { ...input, services: { backends: false, apexToPrimary: true } }, { reason }],
    ['apex elsewhere', { ...input, services: { backends: true, apexToPrimary: false } }, { reason }],
    ['route not accepted', { ...input, route: notAccepted }, { reason, message: /no listener/ }],
    ['all there', input, { event: 'initialized', reason: 'Initialized' }],
  ])('%s', check);

  test('what is promoted first is what the primary holds, not what the target asks for by now', () => {
    const adopted = decide({ ...input, primary: { ...side(), revision: 'v1-held' } });
    expect(adopted.event).toEqual({ type: 'initialized', now, revision: 'v1-held' });
    expect(decide(input).event).toEqual({ type: 'initialized', now, revision: 'v1-first' });
  });
});

describe('without a target', () => {
  const phases: readonly Phase[] = [
    'Initialized',
    'Waiting',
    'Progressing',
    'Promoting',
    'Finalising',
    'Failed',
  ];
  test.each(phases)('%s stays and needs a person', phase => {
    const input = without(without(exampleInput(exampleState(phase)), 'seen'), 'target');
    expect(summary(decide(input))).toEqual({ reason: 'TargetMissing', stalled: true });
    expect(summary(decide({ ...input, problem }))).toEqual({ reason: 'RouteConflict', stalled: true });
  });

  test('Terminating does not ask for one', () => {
    const gone = without(exampleInput(exampleState('Terminating')), 'seen');
    expect(decide(gone)).toEqual({ reason: 'Terminating', message: '' });
  });
});

describe('superseded', () => {
  const promoting = exampleInput(exampleState('Promoting', { weight: 50 }));
  const waiting = exampleInput(exampleState('WaitingPromotion', { analysedFrom: 1 }));
  const started = { event: 'started', reason: 'NewRevision', message: /v1-other replaces v1-new/ };
  const written = { ...promoting, primary: { ...promotedPrimary, ready: false } };
  test.each<Row>([
    ['while it runs', exampleInput(running(), { seen: other }), started],
    ['while it waits', { ...waiting, seen: other }, started],
    ['before the primary is written', { ...promoting, seen: other }, started],
    ['not once the primary is written', { ...written, seen: other }, { reason: 'Promoting' }],
    [
      'not while it finishes',
      exampleInput(exampleState('Finalising', { dueAt: now + 1 }), { seen: other }),
      { reason: 'Finalising', wakeAt: now + 1 },
    ],
    [
      'by the promoted revision',
      exampleInput(running(), { seen: back }),
      { event: 'returned', reason: 'Returned' },
    ],
    [
      'by a revision that failed',
      exampleInput(running(), { seen: other, quarantined }),
      { event: 'returned', reason: 'Quarantined', message: /it failed/ },
    ],
    ['by a retried one', exampleInput(running(), { seen: other, quarantined, retry: true }), started],
    [
      'a newer revision goes before unready pods',
      exampleInput(running(), { seen: other, target: unready }),
      started,
    ],
    ['and before a problem', exampleInput(running(), { seen: other, problem }), started],
    ['and before the samples', exampleInput(running(), { seen: other, verdict: fail }), started],
  ])('%s', check);
});

describe('the pods of the canary', () => {
  const fresh = exampleState('Progressing', { readyBy: now + 5_000 });
  const late = exampleState('Progressing', { readyBy: now });
  const gaveUp = { event: 'gaveUp', reason: 'ProgressDeadlineExceeded' };
  const exceeded = side({ ready: false, deadlineExceeded: true });
  test.each<Row>([
    ['ready for the first time', exampleInput(fresh), { event: 'canaryReady', reason: 'CanaryReady' }],
    ['ready past the deadline', exampleInput(late), { event: 'canaryReady', reason: 'CanaryReady' }],
    [
      'with analysis skipped',
      exampleInput(exampleState('Progressing', { plan: examplePlan({ skipAnalysis: true }) })),
      { event: 'canaryReady', reason: 'CanaryReady', message: /skipped/ },
    ],
    [
      'still starting',
      exampleInput(fresh, { target: unready }),
      { reason: 'CanaryNotReady', wakeAt: now + 5_000, message: /1 of 2/ },
    ],
    [
      'gone from sight',
      without(exampleInput(fresh), 'target'),
      { reason: 'CanaryNotReady', wakeAt: now + 5_000, message: /missing/ },
    ],
    ['too late', exampleInput(late, { target: unready }), { ...gaveUp, message: /within 1m \(1 of 2\)/ }],
    [
      'given up by their Deployment',
      exampleInput(fresh, { target: exceeded }),
      { ...gaveUp, message: /its own/ },
    ],
    [
      'unready in the middle of the run',
      exampleInput(running(), { target: exceeded }),
      { event: 'canaryUnready', reason: 'CanaryNotReady' },
    ],
    [
      'ready again',
      exampleInput(running({ readyBy: now + 1 })),
      { event: 'canaryReady', reason: 'CanaryReady' },
    ],
    [
      'unready pods are never sampled',
      exampleInput(running({ readyBy: now + 1 }), { target: unready, verdict: fail }),
      { reason: 'CanaryNotReady', wakeAt: now + 1 },
    ],
    [
      'they do not get their first traffic while a problem stands',
      exampleInput(fresh, { problem }),
      { reason: 'RouteConflict', stalled: true },
    ],
    ['but are given up all the same', exampleInput(late, { target: unready, problem }), gaveUp],
  ])('%s', check);
});

describe('a problem', () => {
  const stalled = { reason: 'RouteConflict', stalled: true } as const;
  const promoting = exampleInput(exampleState('Promoting'), { problem });
  test.each<Row>([
    ['starts no run', exampleInput(exampleState('Initialized'), { problem }), stalled],
    ['judges nothing', exampleInput(running(), { problem, verdict: fail }), stalled],
    ['promotes nothing where the primary is gone', without(promoting, 'primary'), stalled],
    ['lets a promotion go on', promoting, { reason: 'Promoting' }],
    [
      'lets a run finish',
      exampleInput(exampleState('Finalising'), { problem }),
      { event: 'elapsed', reason: 'Promoted' },
    ],
    [
      'does not hold a deletion',
      exampleInput(exampleState('Terminating'), { problem }),
      { reason: 'Terminating' },
    ],
  ])('%s', check);
});

describe('at rest', () => {
  const started = { event: 'started', reason: 'NewRevision' };
  test.each<Row>([
    ['Initialized: a new revision', resting('Initialized', {}), started],
    ['Succeeded: a new revision', resting('Succeeded', {}), started],
    ['Failed: a new revision', resting('Failed', {}), started],
    ['a new revision does not wait for the old pods', resting('Failed', {}, { dueAt: now + 9 }), started],
    ['the promoted one', resting('Succeeded', { seen: back }), { reason: '' }],
    [
      'the promoted one, pods left',
      resting('Succeeded', { seen: back }, { dueAt: now + 9 }),
      { reason: '', wakeAt: now + 9 },
    ],
    ['Failed, and Git is back', resting('Failed', { seen: back }), { reason: 'Converged' }],
    [
      'the failed one stays quietly',
      resting('Failed', { quarantined }, { revision: other.revision, dueAt: now + 9 }),
      { reason: '', wakeAt: now + 9 },
    ],
    [
      'the failed one without quarantine',
      resting('Failed', {}, { revision: other.revision }),
      { reason: '' },
    ],
    [
      'one that failed before',
      resting('Succeeded', { quarantined }),
      { reason: 'Quarantined', message: /it failed/ },
    ],
    ['another one that failed before', resting('Failed', { quarantined }), { reason: 'Quarantined' }],
    [
      'a retry of the failed one',
      resting('Failed', { quarantined, retry: true }, { revision: other.revision }),
      started,
    ],
    ['a retry of one that failed before', resting('Succeeded', { quarantined, retry: true }), started],
    ['a retry of the promoted one', resting('Succeeded', { seen: back, retry: true }), { reason: '' }],
    [
      'one whose run ended without a verdict comes again',
      resting('Succeeded', {}, { revision: other.revision }),
      started,
    ],
  ])('%s', check);
});

describe('analysis', () => {
  const input = exampleInput(running());
  test.each<Row>([
    [
      'waits for its step',
      exampleInput(running({ dueAt: now + 7 }), { verdict: fail }),
      { reason: '', wakeAt: now + 7 },
    ],
    [
      'asks for samples when it is due',
      exampleInput(running({ dueAt: now })),
      { reason: '', needsSamples: true },
    ],
    [
      'takes no samples off a route that is not accepted',
      exampleInput(running(), { route: notAccepted, verdict: fail }),
      { event: 'undecided', reason: 'RouteNotAccepted', message: /no listener\. The run holds/ },
    ],
    ['all passed', { ...input, verdict: 'pass' }, { event: 'passed', reason: 'ChecksPassed' }],
    [
      'one failed',
      { ...input, verdict: fail },
      {
        event: 'failed',
        reason: 'CheckFailed',
        message: /^errors was 7, allowed is at most 5 \(failed check 1 of 2, at 10 % of the requests\)\.$/,
      },
    ],
    [
      'the last one allowed failed',
      exampleInput(running({ failures: 1 }), { verdict: fail }),
      { event: 'failed', reason: 'ChecksFailed', message: /2 of 2/ },
    ],
    ['no data', { ...input, verdict: undecided('noData') }, { event: 'undecided', reason: 'NoData' }],
    [
      'no provider',
      { ...input, verdict: undecided('error') },
      { event: 'undecided', reason: 'MetricsUnavailable' },
    ],
    [
      'odd data',
      { ...input, verdict: undecided('inconclusive') },
      { event: 'undecided', reason: 'Inconclusive' },
    ],
    [
      'held up to the limit',
      exampleInput(holding(now - 29_999), { verdict: undecided('noData') }),
      { event: 'undecided', reason: 'NoData' },
    ],
    [
      'held past it: Hold asks for a person and goes on holding',
      exampleInput(holding(now - 30_000), { verdict: undecided('noData') }),
      { event: 'undecided', reason: 'NoDataTimeLimit', overdue: true, message: /30s and needs a person/ },
    ],
    [
      'held past it: Rollback takes the traffic back, and nothing is proved',
      exampleInput(holding(now - 30_000), { verdict: undecided('error') }),
      { event: 'gaveUp', reason: 'MetricsUnavailableTimeLimit', inconclusive: true },
    ],
  ])('%s', check);
});

describe('promoting', () => {
  const by = { readyBy: now + 9 };
  const stalledFor = { reason: 'PromotionStalled', stalled: true } as const;
  test.each<Row>([
    ['not yet written', promoting({}, { revision: 'v1-old' }), { reason: 'Promoting', message: /copied/ }],
    ['gone', without(promoting({}, {}), 'primary'), { reason: 'Promoting', message: /copied/ }],
    ['rolls out', promoting(by, { ready: false }), { reason: 'Promoting', wakeAt: now + 9 }],
    ['rolls out between its steps', promoting({}, { ready: false }), { reason: 'Promoting' }],
    ['too late', promoting({ readyBy: now }, { ready: false }), stalledFor],
    ['given up by its Deployment', promoting(by, { ready: false, deadlineExceeded: true }), stalledFor],
    [
      'ready past the deadline',
      promoting({ readyBy: now }, {}),
      { event: 'primaryReady', reason: 'PrimaryReady' },
    ],
    ['between two steps', promoting({ dueAt: now + 9 }, {}), { reason: 'Promoting', wakeAt: now + 9 }],
    ['ready', promoting(by, {}), { event: 'primaryReady', reason: 'PrimaryReady' }],
  ])('%s', check);
});

describe('finalising', () => {
  test.each<Row>([
    [
      'drains',
      exampleInput(exampleState('Finalising', { dueAt: now + 1 })),
      { reason: 'Finalising', wakeAt: now + 1 },
    ],
    [
      'then is done',
      exampleInput(exampleState('Finalising', { dueAt: now })),
      { event: 'elapsed', reason: 'Promoted' },
    ],
  ])('%s', check);
});
