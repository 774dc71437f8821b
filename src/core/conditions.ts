/** Conditions in status: Flagger's `Promoted`, and kstatus' `Ready`, `Reconciling` and `Stalled`. */
import type { Condition } from '../api/condition.ts';
import { isResting, type State } from './state.ts';
import { promotedMessage } from './words.ts';

export interface ConditionFacts {
  readonly state: State;
  readonly kind: string;
  readonly reason: string;
  readonly message: string;
  /** A person has to act. */
  readonly stalled: boolean;
  /** The target asks for what the primary serves, or for what a run is about: Git and cluster agree. */
  readonly converged: boolean;
  readonly generation: number;
  readonly now: string;
}

/** Keeps `lastTransitionTime` of conditions whose status did not change. `Reconciling` and `Stalled` are there only while true, as kstatus asks. */
export function conditionsOf(previous: readonly Condition[], facts: ConditionFacts): Condition[] {
  const { state, reason, message, stalled } = facts;
  const resting = isResting(state.phase);
  const rolledBack = state.phase === 'Failed' && !facts.converged;
  const ready = resting && !rolledBack && !stalled;
  const wanted: { type: string; status: Condition['status']; reason: string; message: string }[] = [
    {
      type: 'Promoted',
      status: promotedStatus(state),
      reason: state.phase,
      message: promotedMessage(state.phase, facts.kind),
    },
    {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      reason: reason === '' ? state.phase : reason,
      message,
    },
  ];
  if (stalled || rolledBack) wanted.push({ type: 'Stalled', status: 'True', reason, message });
  else if (!ready) wanted.push({ type: 'Reconciling', status: 'True', reason, message });
  const others = previous.filter(condition => !ownTypes.includes(condition.type));
  return [...wanted.map(condition => stamp(condition, previous, facts)), ...others];
}

const ownTypes: readonly string[] = ['Promoted', 'Ready', 'Reconciling', 'Stalled'];

/** What a Canary needs outside the cluster. */
export type Dependency = 'GitReady' | 'AlertsReady' | 'PromotionsReady';

/** The dependency failed: told beside the conditions of the Canary itself, because traffic does not depend on it. */
export function withFailure(
  conditions: readonly Condition[],
  failure: { type: Dependency; reason: string; message: string; now: string },
): Condition[] {
  const { type, reason, message, now } = failure;
  const old = conditions.find(condition => condition.type === type);
  const lastTransitionTime = old?.status === 'False' ? old.lastTransitionTime : now;
  const others = conditions.filter(condition => condition.type !== type);
  return [...others, { type, status: 'False', reason, message, lastTransitionTime }];
}

/** The dependency works. A condition about it is there only once it has failed. */
export function withSuccess(conditions: readonly Condition[], type: Dependency, now: string): Condition[] {
  return conditions.map(condition =>
    condition.type === type && condition.status === 'False'
      ? { type, status: 'True', reason: 'Recovered', message: 'It works again.', lastTransitionTime: now }
      : condition,
  );
}

function stamp(
  condition: Pick<Condition, 'type' | 'status' | 'reason' | 'message'>,
  previous: readonly Condition[],
  facts: ConditionFacts,
): Condition {
  const old = previous.find(other => other.type === condition.type);
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : facts.now;
  return {
    ...condition,
    reason: condition.reason === '' ? 'Unknown' : condition.reason,
    lastTransitionTime,
    observedGeneration: facts.generation,
  };
}

function promotedStatus(state: State): Condition['status'] {
  if (state.phase === 'Initialized' || state.phase === 'Succeeded') return 'True';
  return state.phase === 'Failed' ? 'False' : 'Unknown';
}
