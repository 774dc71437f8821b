/** The sentences for people which stand in status, Events, alerts and commits, all from one place. */
import { restOf } from './analysis/grain.ts';
import type { Decision } from './decision.ts';
import type { Context } from './machine.ts';
import type { Milestone } from './milestone.ts';
import { isResting, type State } from './state.ts';

/** What a Canary says before its first run. */
export const initialisedMessage = 'Initialised: the primary serves all requests.';

/** What a run does right now. */
export function progress(context: Context): string {
  const failed =
    context.failures > 0 ? `; ${context.failures} of ${context.plan.threshold} failed checks` : '';
  if (context.plan.strategy === 'BlueGreen') {
    const traffic = context.weight === 100 ? ', at all of the requests' : '';
    return `Revision ${context.revision} is checked, ${context.iterations} of ${context.plan.iterations} passed${traffic}${failed}.`;
  }
  return `Revision ${context.revision} gets ${context.weight} % of the requests${failed}.`;
}

/** The sentence that a milestone leaves in status, from the decision's own one and what the evidence says. */
export function sentence(
  milestone: Milestone | undefined,
  before: State,
  after: State,
  { message: why, evidence }: Pick<Decision, 'message' | 'evidence'>,
): string {
  const { context } = after;
  const shown = evidence === undefined ? '' : ` ${evidence}`;
  switch (milestone) {
    case 'WeightChanged':
    case 'CheckPassed':
    case 'CanaryReady':
      return `${progress(context)}${shown}`;
    case 'Promoting':
      return `Revision ${context.revision} passed and is copied to the primary.${shown}`;
    case 'PrimaryWeightChanged':
      return `The primary takes the requests back: it gets ${restOf(context.weight)} %.`;
    case 'Finalising':
      return 'All requests go to the primary; the canary finishes its last ones.';
    case 'RolledBack':
      if (isResting(before.phase) || before.phase === 'Finalising')
        return `${why} The primary goes back to the revision before it.`;
      return before.context.weight > 0
        ? `${why} All requests go to the primary again.`
        : `${why} No request reached it.`;
    case 'Initialized':
    case 'NewRevision':
    case 'Restarted':
    case 'StepRepeated':
    case 'CheckFailed':
    case 'Held':
    case 'CanaryNotReady':
    case 'WaitingForApproval':
    case 'Promoted':
    case 'Returned':
    case 'Terminating':
    case 'Quarantined':
    case 'Stalled':
    case 'WatchFailed':
    case 'GitDiverged':
    case 'GitConverged':
    case 'PromotionDelivered':
    case 'PromotionFailed':
    case undefined:
      return why;
  }
}

/** Flagger's `Promoted` condition tells one of these per phase. */
export function promotedMessage(phase: State['phase'], kind: string): string {
  switch (phase) {
    case 'Initializing':
      return `${kind} found, the primary is being created.`;
    case 'Initialized':
      return `${kind} is initialised.`;
    case 'Waiting':
    case 'WaitingPromotion':
      return 'Waiting for approval.';
    case 'Progressing':
      return 'A new revision is being analysed.';
    case 'Promoting':
      return 'The analysis passed, the primary is rolled out.';
    case 'Finalising':
      return 'The primary is rolled out, all requests go to it.';
    case 'Succeeded':
      return 'The primary runs the promoted revision.';
    case 'Failed':
      return `The analysis failed, the canary ${kind} is scaled to zero.`;
    case 'Terminating':
      return 'The Canary is being deleted.';
  }
}
