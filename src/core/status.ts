/** Committed status ↔ state: the instance of the machine is what stands in the Canary's status, nothing else. */
import type { CanaryStatus } from '../api/canary-status.ts';
import { weightWithin } from './analysis/grain.ts';
import type { Context } from './machine.ts';
import type { Plan } from './plan.ts';
import { initialState, isResting, type State } from './state.ts';

/** The state that a status says. A resting phase has no timer of its own: the canary's pods may go one interval after it began. */
export function stateOf(status: CanaryStatus | undefined, plan: Plan): State {
  if (status?.phase === undefined) return initialState(plan);
  const { phase, run } = status;
  const resting = isResting(phase) ? millis(status.lastTransitionTime) : 0;
  const context: Context = {
    plan,
    revision: status.lastAppliedSpec ?? '',
    weight: weightOf(status),
    bound: run?.plannedWeight ?? 0,
    iterations: status.iterations ?? 0,
    failures: status.failedChecks ?? 0,
    dueAt: resting > 0 ? resting + plan.intervalMs : millis(run?.dueAt),
    readyBy: millis(run?.readyBy),
    analysedFrom: millis(run?.weightAt),
    stepAt: millis(run?.stepAt),
    undecidedSince: millis(run?.undecidedSince),
    undecidedKind: run?.undecidedKind ?? '',
    watchUntil: millis(status.watch?.until),
    watchAt: millis(status.watch?.dueAt),
    watchFailures: status.watch?.failures ?? 0,
  };
  return { phase, context };
}

/** Percent of the requests that the canary may have; `canaryWeight` is that rounded up. */
export function weightOf({ canaryWeight = 0, run }: Pick<CanaryStatus, 'canaryWeight' | 'run'>): number {
  const { weight = 0 } = run ?? {};
  // A `canaryWeight` that somebody else wrote counts alone.
  return weight > 0 && Math.ceil(weight) === canaryWeight ? weightWithin(weight / 100) : canaryWeight;
}

/**
 * The state to go on from at `now`, also where a hand, a backup or another clock left a status that no run of ours
 * would: one without what its phase stands on begins again from rest, and no wait is longer than the spec's.
 */
export function soundState(status: CanaryStatus, plan: Plan, now: number): State {
  const { phase } = status;
  if (phase === undefined || phase === 'Terminating') return stateOf(status, plan);
  if (status.promoted === undefined) return initialState(plan);
  const state = stateOf(status, plan);
  if (isResting(phase)) return soundWatch(state, now);
  if (phase === 'Initializing' || phase === 'Waiting') return state;
  if (status.run === undefined)
    return stateOf({ ...status, phase: 'Succeeded', canaryWeight: 0, iterations: 0 }, plan);
  const { context } = state;
  return {
    phase,
    context: {
      ...context,
      dueAt: Math.min(context.dueAt, now + plan.intervalMs),
      readyBy: Math.min(context.readyBy, now + plan.progressDeadlineMs),
      analysedFrom: Math.min(context.analysedFrom, now),
      stepAt: Math.min(context.stepAt, now),
      undecidedSince: Math.min(context.undecidedSince, now),
    },
  };
}

function soundWatch({ phase, context }: State, now: number): State {
  const { forMs, intervalMs } = context.plan.watch;
  const watchUntil = Math.min(context.watchUntil, now + forMs);
  return { phase, context: { ...context, watchUntil, watchAt: Math.min(context.watchAt, now + intervalMs) } };
}

/** The state's fields of a status; the run's clocks are left out where there is no run. */
export function fieldsOf({ phase, context }: State): {
  readonly top: Pick<
    CanaryStatus,
    'phase' | 'canaryWeight' | 'failedChecks' | 'iterations' | 'lastAppliedSpec'
  >;
  readonly clocks: Readonly<
    Record<'dueAt' | 'readyBy' | 'weightAt' | 'stepAt' | 'undecidedSince', string | undefined>
  > & {
    readonly undecidedKind: Exclude<Context['undecidedKind'], ''> | undefined;
    readonly plannedWeight: number | undefined;
    readonly weight: number | undefined;
  };
  /** Absent while nothing is watched. */
  readonly watch: Pick<CanaryStatus, 'watch'>;
} {
  return {
    top: {
      phase,
      canaryWeight: Math.ceil(context.weight),
      failedChecks: context.failures,
      iterations: context.iterations,
      lastAppliedSpec: context.revision,
    },
    clocks: {
      dueAt: isResting(phase) ? undefined : instant(context.dueAt),
      readyBy: instant(context.readyBy),
      weightAt: instant(context.analysedFrom),
      stepAt: instant(context.stepAt),
      undecidedSince: instant(context.undecidedSince),
      undecidedKind: context.undecidedKind === '' ? undefined : context.undecidedKind,
      plannedWeight: context.bound > 0 ? context.bound : undefined,
      weight: Number.isInteger(context.weight) ? undefined : context.weight,
    },
    watch: watchFields(context),
  };
}

function watchFields({ watchUntil, watchAt, watchFailures }: Context): Pick<CanaryStatus, 'watch'> {
  const until = instant(watchUntil);
  const dueAt = instant(watchAt);
  return until === undefined || dueAt === undefined
    ? {}
    : { watch: { until, dueAt, failures: watchFailures } };
}

/** RFC 3339 with milliseconds; undefined for 0. */
export function instant(ms: number): string | undefined {
  return ms > 0 ? new Date(ms).toISOString() : undefined;
}

/** Milliseconds since the epoch; 0 where there is no readable time. */
export function millis(text: string | undefined): number {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? 0 : ms;
}
