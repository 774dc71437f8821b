/** The release policy as one xstate machine: a pure function from a committed state and an event to the next state. */
import { assign, setup } from 'xstate';
import type { CanaryPhase } from '../api/canary-status.ts';
import { emptyPlan, type Plan, type UndecidedKind } from './plan.ts';
import { nextWatch, unwatched, watchFrom } from './watch.ts';
import { nextWeight, plannedWeight, stepTo, wantsFullTraffic } from './weights.ts';

/** Plain fields that live in the Canary's status between passes; `plan` comes from the spec each time. Times in ms since the epoch, 0 = none. */
export interface Context {
  readonly plan: Plan;
  /** Revision of the run in hand, or of the last one. */
  readonly revision: string;
  /** Percent of the requests that the canary may have. */
  readonly weight: number;
  /** Percent that the present step would give it, where the impact budget does not allow as much yet; else 0. */
  readonly bound: number;
  /** Passed blue/green checks. */
  readonly iterations: number;
  /** Failed checks of the run; a pass does not reset them, as in Flagger. */
  readonly failures: number;
  /** The next decision; in a phase at rest, when the canary pods may go. */
  readonly dueAt: number;
  /** By when the canary (Progressing) or the primary (Promoting) must be ready. */
  readonly readyBy: number;
  /** First canary traffic (or, for blue/green, first check) of the run: no sample may reach back before it. */
  readonly analysedFrom: number;
  /** When the present weight began. */
  readonly stepAt: number;
  readonly undecidedSince: number;
  readonly undecidedKind: UndecidedKind | '';
  /** Until when the promoted release is watched. */
  readonly watchUntil: number;
  /** Its next check. */
  readonly watchAt: number;
  readonly watchFailures: number;
}

export type Event = { readonly now: number } & (
  | { readonly type: 'initialized'; readonly revision: string }
  | { readonly type: 'started'; readonly revision: string }
  | { readonly type: 'returned' }
  | { readonly type: 'gateClosed' }
  | { readonly type: 'gateOpened' }
  /** `limit`: the most percent that the impact budget allows; absent without a budget. */
  | { readonly type: 'canaryReady'; readonly limit?: number }
  | { readonly type: 'canaryUnready' }
  | { readonly type: 'passed'; readonly limit?: number }
  | { readonly type: 'failed' }
  /** The impact budget allows more than the canary has. */
  | { readonly type: 'eased'; readonly limit: number }
  /** The evidence shows that the canary is worse: no second failure is waited for, and no step. */
  | { readonly type: 'proven' }
  /** `quiet`: nothing is wrong, there is only too little to go on yet; nobody is told before the time limit. */
  | { readonly type: 'undecided'; readonly kind: UndecidedKind; readonly quiet?: true }
  | { readonly type: 'gaveUp' }
  | { readonly type: 'primaryReady' }
  | { readonly type: 'elapsed' }
  | { readonly type: 'watched' }
  | { readonly type: 'watchFailed'; readonly revision: string }
  | { readonly type: 'watchEnded' }
  | { readonly type: 'undone'; readonly revision: string }
  | { readonly type: 'deleted' }
);

const noRun = {
  ...unwatched,
  weight: 0,
  bound: 0,
  iterations: 0,
  failures: 0,
  readyBy: 0,
  analysedFrom: 0,
  stepAt: 0,
  undecidedSince: 0,
  undecidedKind: '',
} as const;
/** A fresh Canary's context, before anything was observed. */
export const initialContext: Context = { plan: emptyPlan, revision: '', dueAt: 0, ...noRun };

const arm = {
  dueAt: ({ context, event }: { context: Context; event: Event }) => event.now + context.plan.intervalMs,
};
const decided = { undecidedSince: 0, undecidedKind: '' } as const;

export const machine = setup({
  types: {} as { context: Context; events: Event; input: Context | undefined },
  guards: {
    tooEarly: ({ context, event }) => event.now < context.dueAt,
    noVerdictYet: ({ context, event }) => context.analysedFrom === 0 || event.now < context.dueAt,
    begun: ({ context }) => context.analysedFrom > 0,
    skips: ({ context }) => context.plan.skipAnalysis,
    moreWeights: ({ context }) =>
      context.plan.strategy === 'Canary' && nextWeight(context.plan, plannedWeight(context)) !== undefined,
    /** The last step is not over before the canary has had all of its requests. */
    belowLast: ({ context }) => context.plan.strategy === 'Canary' && context.bound > 0,
    eases: ({ context, event }) =>
      event.type === 'eased' &&
      context.analysedFrom > 0 &&
      Math.min(event.limit, context.bound) > context.weight,
    moreChecks: ({ context }) =>
      context.plan.strategy === 'BlueGreen' && context.iterations + 1 < context.plan.iterations,
    wantsFullTraffic: ({ context }) => wantsFullTraffic(context),
    exhausted: ({ context }) => context.failures + 1 >= context.plan.threshold,
    stepsBack: ({ context }) => context.plan.promotionStep > 0 && context.weight > context.plan.promotionStep,
    notWatching: ({ context, event }) => event.now < context.watchAt || context.watchUntil === 0,
    watchExhausted: ({ context }) => context.watchFailures + 1 >= context.plan.watch.threshold,
    sameRevision: ({ context, event }) => event.type === 'started' && event.revision === context.revision,
  },
  actions: {
    settle: assign(({ event, context }) => ({
      ...noRun,
      revision: event.type === 'initialized' ? event.revision : context.revision,
      dueAt: event.now + context.plan.intervalMs,
    })),
    begin: assign(({ event, context }) => ({
      ...noRun,
      revision: event.type === 'started' ? event.revision : context.revision,
      dueAt: 0,
      readyBy: event.now + context.plan.progressDeadlineMs,
    })),
    /** A run's numbers stay readable after it ended, but for the traffic. */
    end: assign(({ event, context }) => ({
      ...decided,
      weight: 0,
      bound: 0,
      iterations: 0,
      readyBy: 0,
      analysedFrom: 0,
      stepAt: 0,
      dueAt: event.now + context.plan.intervalMs,
    })),
    finish: assign({ ...noRun, dueAt: 0 }),
    watch: assign(watchFrom),
    rewatch: assign({ watchAt: nextWatch }),
    watchStrike: assign({ watchAt: nextWatch, watchFailures: ({ context }) => context.watchFailures + 1 }),
    unwatch: assign(unwatched),
    /** What was promoted is what failed now; traffic needs no change, because the primary gets its template back. */
    undo: assign({
      ...noRun,
      failures: ({ context }) => context.failures,
      revision: ({ context, event }) =>
        event.type === 'undone' || event.type === 'watchFailed' ? event.revision : context.revision,
      dueAt: ({ context, event }) => event.now + context.plan.intervalMs,
    }),
    open: assign(({ context, event }) => ({
      ...decided,
      ...stepTo(context.plan.strategy === 'Canary' ? (nextWeight(context.plan, 0) ?? 0) : 0, context, event),
      dueAt: event.now + context.plan.intervalMs,
      readyBy: 0,
      analysedFrom: event.now,
      stepAt: event.now,
    })),
    advance: assign(({ context, event }) => ({
      ...decided,
      ...stepTo(nextWeight(context.plan, plannedWeight(context)) ?? context.weight, context, event),
      dueAt: event.now + context.plan.intervalMs,
      stepAt: event.now,
    })),
    /** The last step lasts its whole time at its whole weight; the others are bounds that rise on schedule, unless they are late. */
    ease: assign(({ context, event }) => {
      const eased = stepTo(context.bound, context, event);
      const last = nextWeight(context.plan, plannedWeight(context)) === undefined;
      const begins = last || event.now >= context.dueAt;
      const dueAt = begins ? event.now + context.plan.intervalMs : context.dueAt;
      return { ...decided, ...eased, dueAt, stepAt: event.now };
    }),
    iterate: assign({ ...arm, ...decided, iterations: ({ context }) => context.iterations + 1 }),
    routeAll: assign({
      ...arm,
      ...decided,
      weight: 100,
      iterations: ({ context }) => context.iterations + 1,
      stepAt: ({ event }) => event.now,
    }),
    strike: assign({ ...arm, ...decided, failures: ({ context }) => context.failures + 1 }),
    count: assign({ failures: ({ context }) => context.failures + 1 }),
    hold: assign({
      ...arm,
      undecidedSince: ({ context, event }) =>
        context.undecidedSince > 0 ? context.undecidedSince : event.now,
      undecidedKind: ({ event }) => (event.type === 'undecided' ? event.kind : ''),
    }),
    await: assign({ readyBy: ({ context, event }) => event.now + context.plan.progressDeadlineMs }),
    recovered: assign({ ...arm, readyBy: 0 }),
    promote: assign({
      ...decided,
      bound: 0,
      dueAt: 0,
      readyBy: ({ context, event }) => event.now + context.plan.progressDeadlineMs,
    }),
    stepBack: assign({
      ...arm,
      readyBy: 0,
      weight: ({ context }) => context.weight - context.plan.promotionStep,
    }),
    drain: assign({ ...arm, readyBy: 0, weight: 0 }),
  },
}).createMachine({
  id: 'canary',
  initial: 'Initializing',
  context: ({ input }) => input ?? initialContext,
  on: { deleted: { target: '.Terminating', actions: 'await' } },
  states: {
    Initializing: { on: { initialized: { target: 'Initialized', actions: 'settle' } } },
    Initialized: { on: { gateClosed: 'Waiting', started: { target: 'Progressing', actions: 'begin' } } },
    Succeeded: {
      on: {
        gateClosed: { target: 'Waiting', actions: 'unwatch' },
        started: { target: 'Progressing', actions: 'begin' },
        watched: [{ guard: 'notWatching' }, { actions: 'rewatch' }],
        watchFailed: [
          { guard: 'notWatching' },
          { guard: 'watchExhausted', target: 'Failed', actions: 'undo' },
          { actions: 'watchStrike' },
        ],
        watchEnded: { actions: 'unwatch' },
        undone: { target: 'Failed', actions: 'undo' },
      },
    },
    Failed: {
      on: {
        gateClosed: 'Waiting',
        started: { target: 'Progressing', actions: 'begin' },
        undone: { target: 'Failed', actions: 'undo' },
      },
    },
    Waiting: {
      on: {
        started: { target: 'Progressing', actions: 'begin' },
        returned: { target: 'Succeeded', actions: 'end' },
      },
    },
    Progressing: {
      on: {
        started: { target: 'Progressing', actions: 'begin' },
        returned: { target: 'Succeeded', actions: 'end' },
        canaryReady: [
          { guard: 'begun', actions: 'recovered' },
          { guard: 'skips', target: 'Promoting', actions: 'promote' },
          { actions: 'open' },
        ],
        canaryUnready: { actions: 'await' },
        gaveUp: { target: 'Failed', actions: 'end' },
        passed: [
          { guard: 'noVerdictYet' },
          { guard: 'moreWeights', actions: 'advance' },
          { guard: 'belowLast' },
          { guard: 'moreChecks', actions: 'iterate' },
          { guard: 'wantsFullTraffic', actions: 'routeAll' },
          { target: 'Promoting', actions: 'promote' },
        ],
        failed: [
          { guard: 'noVerdictYet' },
          { guard: 'exhausted', target: 'Failed', actions: ['count', 'end'] },
          { actions: 'strike' },
        ],
        eased: { guard: 'eases', actions: 'ease' },
        proven: { guard: 'begun', target: 'Failed', actions: ['count', 'end'] },
        undecided: [{ guard: 'noVerdictYet' }, { actions: 'hold' }],
        gateClosed: { target: 'WaitingPromotion', actions: 'hold' },
      },
    },
    WaitingPromotion: {
      on: {
        started: { target: 'Progressing', actions: 'begin' },
        returned: { target: 'Succeeded', actions: 'end' },
        gateOpened: { target: 'Promoting', actions: 'promote' },
        gaveUp: { target: 'Failed', actions: 'end' },
        proven: { guard: 'begun', target: 'Failed', actions: ['count', 'end'] },
        failed: [
          { guard: 'noVerdictYet' },
          { guard: 'exhausted', target: 'Failed', actions: ['count', 'end'] },
          { actions: 'strike' },
        ],
        undecided: [{ guard: 'noVerdictYet' }, { actions: 'hold' }],
      },
    },
    Promoting: {
      on: {
        started: [{ guard: 'sameRevision' }, { target: 'Progressing', actions: 'begin' }],
        returned: { target: 'Succeeded', actions: 'end' },
        gaveUp: { target: 'Failed', actions: 'end' },
        primaryReady: [
          { guard: 'tooEarly' },
          { guard: 'stepsBack', actions: 'stepBack' },
          { target: 'Finalising', actions: 'drain' },
        ],
      },
    },
    Finalising: {
      on: {
        gaveUp: { target: 'Failed', actions: 'end' },
        elapsed: [{ guard: 'tooEarly' }, { target: 'Succeeded', actions: ['finish', 'watch'] }],
      },
    },
    Terminating: {},
  },
});

export type Phase = CanaryPhase;
