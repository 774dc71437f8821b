/** A Canary's state and its one way forward: the machine's pure transition. */
import { isDeepStrictEqual } from 'node:util';
import { getInitialSnapshot, transition } from 'xstate';
import { type Context, type Event, initialContext, machine, type Phase } from './machine.ts';

export interface State {
  readonly phase: Phase;
  readonly context: Context;
}

/** The state after the event; the very same object where the event changes nothing. */
export function step(state: State, event: Event): State {
  const snapshot = machine.resolveState({ value: state.phase, context: state.context });
  const [next] = transition(machine, snapshot, event);
  if (next.value === state.phase && isDeepStrictEqual(next.context, state.context)) return state;
  return { phase: next.value, context: next.context };
}

/** The state of a Canary that has no status yet. */
export function initialState(plan: Context['plan']): State {
  const snapshot = getInitialSnapshot(machine, { ...initialContext, plan });
  return { phase: snapshot.value, context: snapshot.context };
}

const restPhases: ReadonlySet<Phase> = new Set<Phase>(['Initialized', 'Succeeded', 'Failed']);
/** At rest: no run, all traffic on the primary, the canary at zero. */
export function isResting(phase: Phase): boolean {
  return restPhases.has(phase);
}
