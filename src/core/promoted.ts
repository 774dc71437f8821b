/** What serves users, and what served them before: recorded when a run is promoted, and taken back when that is undone. */
import type { CanaryStatus } from '../api/canary-status.ts';
import type { Milestone } from './milestone.ts';
import { partOf } from './place.ts';
import type { Facts } from './record.ts';
import { withinLimits } from './record-run.ts';
import { isUndo } from './repair.ts';
import type { State } from './state.ts';

type Promoted = Pick<CanaryStatus, 'promoted' | 'previous'>;

export function promotedAfter(
  status: CanaryStatus,
  after: State,
  milestone: Milestone | undefined,
  facts: Facts,
): Promoted {
  const { promoted, previous } = status;
  if (isUndo(milestone, facts.decision) && previous !== undefined) return { promoted: previous };
  if (milestone === 'Initialized') return { promoted: newlyPromoted(status, after, milestone, facts) };
  if (milestone !== 'Promoted') {
    return {
      ...(promoted === undefined ? {} : { promoted }),
      ...(previous === undefined ? {} : { previous }),
    };
  }
  const kept = promoted !== undefined && facts.kept === promoted.revision;
  return {
    promoted: newlyPromoted(status, after, milestone, facts),
    ...(kept ? { previous: promoted } : {}),
  };
}

function newlyPromoted(
  { run }: CanaryStatus,
  after: State,
  milestone: 'Initialized' | 'Promoted',
  { git, images, now }: Facts,
): NonNullable<CanaryStatus['promoted']> {
  const position = milestone === 'Promoted' ? run?.git : undefined;
  return {
    revision: after.context.revision,
    at: new Date(now).toISOString(),
    images: withinLimits(milestone === 'Promoted' ? (run?.images?.to ?? images.primary) : images.primary),
    ...(git === undefined || git.mode === 'Off'
      ? {}
      : { git: { repository: git.repository, ...partOf(git), ...partOf(position) } }),
  };
}
