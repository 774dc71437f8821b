/** Milestones: what a step of the machine means to people, named once for Events, alerts, steps of the run and metrics. */
import type { Event } from './machine.ts';
import type { State } from './state.ts';

export type Milestone =
  | 'Initialized'
  | 'NewRevision'
  | 'Restarted'
  | 'WeightChanged'
  | 'CheckPassed'
  | 'StepRepeated'
  | 'CheckFailed'
  | 'Held'
  | 'CanaryNotReady'
  | 'CanaryReady'
  | 'WaitingForApproval'
  | 'Promoting'
  | 'PrimaryWeightChanged'
  | 'Finalising'
  | 'Promoted'
  | 'RolledBack'
  | 'Returned'
  | 'Terminating'
  | 'Quarantined'
  | 'Stalled'
  | 'WatchFailed'
  | 'PromotionDelivered'
  | 'PromotionFailed'
  | 'GitDiverged'
  | 'GitConverged';

/** What happened between two states; undefined where nobody needs to hear of it. */
export function milestoneOf(before: State, after: State, event: Event): Milestone | undefined {
  switch (event.type) {
    case 'initialized':
      return 'Initialized';
    case 'started':
      return before.phase === 'Progressing' ||
        before.phase === 'Promoting' ||
        before.phase === 'WaitingPromotion'
        ? 'Restarted'
        : 'NewRevision';
    case 'returned':
      return 'Returned';
    case 'gateClosed':
      return 'WaitingForApproval';
    case 'gateOpened':
      return 'Promoting';
    case 'canaryUnready':
      return 'CanaryNotReady';
    case 'canaryReady':
      return openedMilestone(before, after);
    case 'passed':
      if (after.phase === 'Promoting') return 'Promoting';
      return after.context.weight > before.context.weight ? 'WeightChanged' : 'CheckPassed';
    case 'failed':
      return after.phase === 'Failed' ? 'RolledBack' : 'CheckFailed';
    case 'eased':
      return 'WeightChanged';
    case 'proven':
      return 'RolledBack';
    case 'undecided':
      return before.context.undecidedSince > 0 || event.quiet === true ? undefined : 'Held';
    case 'gaveUp':
      return 'RolledBack';
    case 'primaryReady':
      return after.phase === 'Finalising' ? 'Finalising' : 'PrimaryWeightChanged';
    case 'elapsed':
      return 'Promoted';
    case 'watched':
    case 'watchEnded':
      return undefined;
    case 'watchFailed':
      return after.phase === 'Failed' ? 'RolledBack' : 'WatchFailed';
    case 'undone':
      return 'RolledBack';
    case 'deleted':
      return 'Terminating';
  }
}

function openedMilestone(before: State, after: State): Milestone {
  if (after.phase === 'Promoting') return 'Promoting';
  if (before.context.analysedFrom > 0) return before.context.readyBy > 0 ? 'CanaryReady' : 'StepRepeated';
  return after.context.weight > 0 ? 'WeightChanged' : 'CanaryReady';
}

export type Severity = 'info' | 'warn' | 'error';

/** How loud a milestone is; `undefined` updates a message that exists already and never makes a new one. */
export function severityOf(milestone: Milestone): Severity | undefined {
  switch (milestone) {
    case 'RolledBack':
    case 'PromotionFailed':
      return 'error';
    case 'Held':
    case 'WaitingForApproval':
    case 'Quarantined':
    case 'Stalled':
    case 'GitDiverged':
      return 'warn';
    case 'Initialized':
    case 'NewRevision':
    case 'Restarted':
    case 'Promoted':
    case 'PromotionDelivered':
    case 'Returned':
    case 'GitConverged':
      return 'info';
    case 'WeightChanged':
    case 'CheckPassed':
    case 'StepRepeated':
    case 'CheckFailed':
    case 'WatchFailed':
    case 'CanaryNotReady':
    case 'CanaryReady':
    case 'Promoting':
    case 'PrimaryWeightChanged':
    case 'Finalising':
    case 'Terminating':
      return undefined;
  }
}
