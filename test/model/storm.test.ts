import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constantFrom,
  integer,
  option,
  property,
  record as recordOf,
} from 'fast-check';
import { expect, test } from 'vitest';
import { CanaryStatus } from '../../src/api/canary-status.ts';
import { restOf } from '../../src/core/analysis/grain.ts';
import { decide } from '../../src/core/decide.ts';
import { desired } from '../../src/core/desired.ts';
import type { Input } from '../../src/core/input.ts';
import type { CheckResult } from '../../src/core/judge.ts';
import type { Event } from '../../src/core/machine.ts';
import type { Plan } from '../../src/core/plan.ts';
import { record } from '../../src/core/record.ts';
import { initialState, isResting, step } from '../../src/core/state.ts';
import { stateOf } from '../../src/core/status.ts';
import { baseSeed } from '../sim/random.ts';
import { now, side } from './examples.ts';
import { broken } from './invariants.ts';
import { plans } from './plans.ts';

const planned = constantFrom(...plans.map(([, plan]) => plan));
/** Mostly a step's length onwards, at times a clock that jumps. */
const elapsed = constantFrom(0, 1_000, 10_000, 10_000, 10_000, 61_000, 7_200_000, -3_600_000);

const kinds: readonly Exclude<
  Event['type'],
  'initialized' | 'started' | 'undecided' | 'eased' | 'watchFailed' | 'undone'
>[] = [
  'returned',
  'gateClosed',
  'gateOpened',
  'canaryReady',
  'canaryUnready',
  'passed',
  'failed',
  'gaveUp',
  'proven',
  'primaryReady',
  'elapsed',
  'watched',
  'watchEnded',
];
const bare: readonly ((at: number) => Event)[] = kinds.map(type => at => ({ type, now: at }));
const happening = constantFrom<(at: number) => Event>(
  ...bare,
  ...bare,
  at => ({ type: 'initialized', now: at, revision: 'v1-old' }),
  at => ({ type: 'started', now: at, revision: 'v1-a' }),
  at => ({ type: 'started', now: at, revision: 'v1-b' }),
  at => ({ type: 'undecided', now: at, kind: 'error' }),
  at => ({ type: 'canaryReady', now: at, limit: 0.05 }),
  at => ({ type: 'passed', now: at, limit: 0.35 }),
  at => ({ type: 'eased', now: at, limit: 15 }),
  at => ({ type: 'eased', now: at, limit: 100 }),
  at => ({ type: 'watchFailed', now: at, revision: 'v1-old' }),
  at => ({ type: 'undone', now: at, revision: 'v1-old' }),
);

test(`any events at any times keep what must hold (seed ${baseSeed})`, () => {
  assert(
    property(planned, array(recordOf({ elapsed, happening }), { maxLength: 60 }), (plan, events) => {
      let state = step(initialState(plan), { type: 'initialized', now, revision: 'v1-old' });
      let at = now;
      for (const { elapsed, happening } of events) {
        at += elapsed;
        const event = happening(at);
        const after = step(state, event);
        expect(broken(state, event, after)).toEqual([]);
        state = after;
      }
    }),
    { seed: baseSeed, numRuns: 300 },
  );
});

const pods = constantFrom(
  side(),
  side(),
  side(),
  side({ ready: false }),
  side({ ready: false, available: false }),
  side({ replicas: 0, available: false }),
  side({ ready: false, deadlineExceeded: true }),
);
const verdict = constantFrom<CheckResult['outcome']>(
  'pass',
  'pass',
  'pass',
  'fail',
  'noData',
  'error',
  'inconclusive',
);
const weather = recordOf({
  elapsed,
  target: option(pods, { freq: 20 }),
  primary: option(pods, { freq: 20 }),
  written: boolean(),
  seen: constantFrom('v1-old', 'v1-a', 'v1-a', 'v1-a', 'v1-b'),
  accepted: constantFrom(true, true, true, false),
  routeWeight: integer({ min: 0, max: 100 }),
  problem: option(constantFrom({ reason: 'RouteConflict', message: 'Mine.' }), { freq: 8, nil: undefined }),
  retry: boolean(),
  outcome: verdict,
});
type Weather = typeof weather extends Arbitrary<infer T> ? T : never;

function inputOf(status: CanaryStatus, plan: Plan, at: number, sky: Weather): Input {
  const state = stateOf(status, plan);
  const promoted = status.promoted?.revision ?? '';
  const quarantined = status.quarantine?.find(entry => entry.revision === sky.seen);
  const revision = sky.written && state.phase === 'Promoting' ? state.context.revision : 'v1-old';
  return {
    now: at,
    state,
    promoted,
    retry: sky.retry,
    services: { backends: true, apexToPrimary: true },
    route: {
      accepted: sky.accepted,
      current: true,
      weights: { primary: restOf(sky.routeWeight), canary: sky.routeWeight },
    },
    verdict: { check: 'errors', outcome: sky.outcome, value: '7', limit: 'at most 5' },
    ...(sky.target === null
      ? {}
      : { target: sky.target, seen: { revision: sky.seen, isPromoted: sky.seen === promoted } }),
    ...(sky.primary === null ? {} : { primary: { ...sky.primary, revision } }),
    ...(quarantined === undefined ? {} : { quarantined: { reason: quarantined.reason } }),
    ...(sky.problem === undefined ? {} : { problem: sky.problem }),
  };
}

function wantsOnlyWhatIsSafe(input: Input): void {
  const { weights, primary, targetReplicas } = desired(input, false);
  const { phase } = input.state;
  if (weights !== undefined) expect(weights.primary + weights.canary).toBe(100);
  if ((weights?.canary ?? 0) > 0) expect(input.target?.available).toBe(true);
  if (primary === 'promote') expect(phase).toBe('Promoting');
  if (targetReplicas === 0) expect(isResting(phase) || phase === 'Waiting').toBe(true);
}

test(`whatever the world does, the policy keeps what must hold and writes a valid status (seed ${baseSeed})`, () => {
  assert(
    property(planned, array(weather, { maxLength: 60 }), (plan, skies) => {
      let status: CanaryStatus = {};
      let at = now;
      for (const sky of skies) {
        at += sky.elapsed;
        const input = inputOf(status, plan, at, sky);
        wantsOnlyWhatIsSafe(input);
        const decision = decide(input);
        const { event } = decision;
        const before = input.state;
        const after = event === undefined ? before : step(before, event);
        if (event !== undefined) expect(broken(before, event, after)).toEqual([]);
        if (event?.type === 'passed') expect(sky.outcome).toBe('pass');
        if (event?.type === 'failed') expect(sky.outcome).toBe('fail');
        if (event?.type === 'started' && input.quarantined !== undefined) expect(sky.retry).toBe(true);
        status = record(status, before, after, {
          now: at,
          generation: 1,
          canaryUid: 'c0ffee00-0000',
          targetKind: 'Deployment',
          decision,
          converged: input.seen?.isPromoted === true,
          images: { primary: {}, target: {} },
          alerts: [{ provider: 'shop/slack', severity: 'info' }],
          git: {
            mode: 'Commit',
            repository: 'manifests',
            path: 'apps',
            convergeWithinMs: 900_000,
            delayMs: 0,
          },
        }).status;
        expect(CanaryStatus.safeParse(status).error?.issues).toBeUndefined();
        expect(stateOf(status, plan)).toMatchObject({
          phase: after.phase,
          context: { weight: after.context.weight },
        });
        if (!isResting(after.phase)) expect(stateOf(status, plan)).toEqual(after);
      }
    }),
    { seed: baseSeed, numRuns: 300 },
  );
});
