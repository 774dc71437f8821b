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

const initialStates = new WeakMap<Context['plan'], State>();

/** The state of a Canary that has no status yet; one for each plan. */
export function initialState(plan: Context['plan']): State {
  const known = initialStates.get(plan);
  if (known !== undefined) return known;
  const snapshot = getInitialSnapshot(machine, { ...initialContext, plan });
  const state = { phase: snapshot.value, context: snapshot.context };
  initialStates.set(plan, state);
  return state;
}

const restPhases: ReadonlySet<Phase> = new Set<Phase>(['Initialized', 'Succeeded', 'Failed']);
/** At rest: no run, all traffic on the primary, the canary at zero. */
export function isResting(phase: Phase): boolean {
  return restPhases.has(phase);
}
