/** Reason and sentence of the next status: the decision's, or, where it has nothing to say, what holds still. */
import type { CanaryStatus } from '../api/canary-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import type { Decision } from './decision.ts';
import type { Milestone } from './milestone.ts';
import { isResting, type State } from './state.ts';
import { initialisedMessage, progress, sentence } from './words.ts';

export function reasonAfter(
  previous: CanaryStatus,
  before: State,
  after: State,
  milestone: Milestone | undefined,
  decision: Decision,
): { readonly reason: string; readonly message: string } {
  const words = sentence(milestone, before, after, decision);
  const message = words.slice(0, statusLimits.message);
  if (words !== '') return { reason: decision.reason || (previous.reason ?? after.phase), message };
  const old = previous.message ?? '';
  const holds = isResting(after.phase) ? atRest(previous) : hadTrouble(previous) ? inRun(after) : old;
  // Trouble that is over would otherwise be told until the next run.
  const reason = decision.reason || (holds === old && previous.reason) || after.phase;
  return { reason, message: holds };
}

/** How the last run ended is its last step. */
function atRest({ run }: CanaryStatus): string {
  return run?.steps?.at(-1)?.text ?? initialisedMessage;
}

function inRun({ context }: State): string {
  return progress(context);
}

function hadTrouble({ reason, conditions = [] }: CanaryStatus): boolean {
  return (
    reason === 'Suspended' || conditions.some(({ type, status }) => type === 'Stalled' && status === 'True')
  );
}
