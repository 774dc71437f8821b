/** The timetable of a release: the policy itself, played through with answers that are known in advance. */
import { type Context, type Event, initialContext } from './machine.ts';
import type { Plan } from './plan.ts';
import { isResting, type State, step } from './state.ts';

/** A stretch of a run in which nothing changes. Times in ms since the canary's pods were ready. */
export interface Stretch {
  readonly kind: 'step' | 'check' | 'promotion' | 'drain';
  /** Percent of the requests that the canary gets. */
  readonly weight: number;
  readonly from: number;
  /** When the checks are judged, or the stretch is over. */
  readonly until: number;
}

export interface Timetable {
  /** As it goes when every check passes at once and all pods are ready at once. */
  readonly stretches: readonly Stretch[];
  readonly shortestMs: number;
  /** With pods that take all their time, and one failed check less than it takes to fail. A hold is not counted: it may last. */
  readonly longestMs: number;
  /** From the first request of the canary until a release whose checks all fail is taken back; undefined where nothing is checked. */
  readonly rollbackMs: number | undefined;
  /** The same in requests: the canary answers this many seconds' worth of the whole traffic until then. */
  readonly exposedSeconds: number;
}

/** Times in a context are absolute, and 0 means none. */
const start = 1_000_000;
/** A machine that never ended would be a defect; the longest plan has a hundred steps or a thousand checks. */
const mostEvents = 10_000;

export function timetableOf(plan: Plan): Timetable {
  const shortest = play(plan, { readyMs: 0, failures: 0 });
  const longest = play(plan, { readyMs: plan.progressDeadlineMs, failures: plan.threshold - 1 });
  const failed = play(plan, { readyMs: 0, failures: Number.POSITIVE_INFINITY });
  const exposed = failed.stretches.reduce(
    (sum, { weight, from, until }) => sum + (weight / 100) * (until - from),
    0,
  );
  return {
    stretches: shortest.stretches,
    shortestMs: shortest.endedAt,
    longestMs: longest.endedAt + plan.progressDeadlineMs,
    rollbackMs: failed.phase === 'Failed' ? failed.endedAt : undefined,
    exposedSeconds: failed.phase === 'Failed' ? exposed / 1_000 : 0,
  };
}

interface Played {
  readonly stretches: readonly Stretch[];
  readonly endedAt: number;
  readonly phase: State['phase'];
}

function play(plan: Plan, how: { readonly readyMs: number; readonly failures: number }): Played {
  let now = start;
  let failures = how.failures;
  let state: State = { phase: 'Succeeded', context: { ...initialContext, plan } };
  const stretches: Stretch[] = [];
  const send = (event: Event): void => {
    state = step(state, event);
  };
  send({ type: 'started', now, revision: 'next' });
  send({ type: 'canaryReady', now });
  for (let sent = 0; sent < mostEvents && !isResting(state.phase); sent += 1) {
    const { phase, context } = state;
    const from = now;
    now = Math.max(now, context.dueAt);
    if (phase === 'Promoting' && context.readyBy > 0) now += how.readyMs;
    if (now > from)
      stretches.push({ kind: kindOf(phase, context), weight: context.weight, from, until: now });
    if (phase === 'Progressing') {
      send({ type: failures > 0 ? 'failed' : 'passed', now });
      failures -= 1;
    } else {
      send({ type: phase === 'Promoting' ? 'primaryReady' : 'elapsed', now });
    }
  }
  return {
    stretches: stretches.map(each => ({ ...each, from: each.from - start, until: each.until - start })),
    endedAt: now - start,
    phase: state.phase,
  };
}

function kindOf(phase: State['phase'], { plan }: Context): Stretch['kind'] {
  if (phase === 'Promoting') return 'promotion';
  if (phase === 'Finalising') return 'drain';
  return plan.strategy === 'Canary' ? 'step' : 'check';
}
