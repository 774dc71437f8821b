/** What a failed revision leaves in status: the repair that is owed to Git, and the quarantine that keeps it from coming back. */
import type { CanaryStatus, QuarantinedRevision } from '../api/canary-status.ts';
import type { CanaryRunStatus, RollbackStatus } from '../api/run-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import type { Decision } from './decision.ts';
import type { Milestone } from './milestone.ts';
import { firstTry } from './owed.ts';
import { placeOf } from './place.ts';
import type { Facts } from './record.ts';
import type { State } from './state.ts';

/** What failed had been promoted before. */
export function isUndo(milestone: Milestone | undefined, { event }: Decision): boolean {
  return milestone === 'RolledBack' && (event?.type === 'undone' || event?.type === 'watchFailed');
}

/** Both places are kept here, because another run may replace `run` and `promoted` before Git answers. */
export function rollbackOf(
  previous: CanaryStatus,
  run: CanaryRunStatus,
  message: string,
  facts: Facts,
): RollbackStatus {
  const undo = isUndo('RolledBack', facts.decision);
  const failing = undo ? previous.promoted : undefined;
  const serving = undo ? previous.previous : previous.promoted;
  const own = failing === undefined || failing.revision === run.revision;
  const base = {
    id: `${facts.canaryUid.slice(0, 8)}-${run.id}${undo ? '-undo' : ''}`,
    runId: run.id,
    revision: failing?.revision ?? run.revision,
    ...(serving === undefined ? {} : { toRevision: serving.revision }),
    startedAt: own ? run.startedAt : failing.at,
    decidedAt: new Date(facts.now).toISOString(),
    reason: message,
  };
  if (facts.git === undefined || facts.git.mode === 'Off') {
    return { ...base, state: 'Off', message: 'spec.rollback.git does not ask for a revert.' };
  }
  if (facts.decision.inconclusive === true) {
    return {
      ...base,
      state: 'Held',
      verdict: 'Held',
      message: 'Nothing was proved against the change, so Git was left alone.',
    };
  }
  const failed = placeOf(failing?.git ?? run.git);
  const good = placeOf(serving?.git);
  return {
    ...base,
    state: 'Pending',
    attempts: 0,
    ...firstTry(facts),
    ...(failed === undefined ? {} : { failed }),
    ...(good === undefined ? {} : { good }),
  };
}

export function quarantineAfter(
  previous: CanaryStatus,
  after: State,
  milestone: Milestone | undefined,
  message: string,
  facts: Facts,
): QuarantinedRevision[] {
  const others = (previous.quarantine ?? []).filter(entry => entry.revision !== after.context.revision);
  const started = milestone === 'NewRevision' || milestone === 'Restarted';
  if (milestone !== 'RolledBack' || facts.decision.inconclusive === true)
    return started ? others : (previous.quarantine ?? []);
  const entry = { revision: after.context.revision, at: new Date(facts.now).toISOString(), reason: message };
  return [...others, entry].slice(-statusLimits.quarantine);
}
