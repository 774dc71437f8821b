/** Divergence: how long Git asks for a revision that gets no traffic because it failed, and who has to hear of it. */
import type { CanaryStatus } from '../api/canary-status.ts';
import type { Condition } from '../api/condition.ts';
import type { RollbackStatus } from '../api/run-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import type { Announcement } from './announce.ts';
import { formatDuration } from './duration.ts';
import type { Facts } from './record.ts';
import { isResting, type State } from './state.ts';
import { instant, millis } from './status.ts';

type Diverged = NonNullable<CanaryStatus['diverged']>;

/** What a pass records of the divergence; `announcement` only where people have to hear of it now. */
export interface Divergence {
  readonly diverged?: Diverged;
  readonly conditions: Condition[];
  readonly rollback?: RollbackStatus;
  /** The rollback that Git and cluster have just arrived at. */
  readonly arrived?: RollbackStatus;
  readonly announcement?: Announcement;
}

/** `next` is the status of this pass as far as it is made; `quiet` where this pass tells of something else already. */
export function divergenceAfter(next: CanaryStatus, after: State, facts: Facts, quiet: boolean): Divergence {
  const { now, converged } = facts;
  const conditions = next.conditions ?? [];
  const old = next.diverged;
  const { rollback } = next;
  const rest = rollback === undefined ? {} : { rollback };
  const revision = revisionInGit(next, after, facts);
  if (revision === undefined) {
    if (old === undefined) return { conditions, ...rest };
    const arrived =
      converged && rollback?.revision === old.revision && rollback.convergedAt === undefined
        ? { ...rollback, convergedAt: instant(now) ?? '' }
        : undefined;
    const told = converged && old.toldAt !== undefined && !quiet;
    return {
      conditions: withGit(conditions, overCondition(converged), facts),
      ...rest,
      ...(arrived === undefined ? {} : { rollback: arrived, arrived }),
      ...(told ? { announcement: overAnnouncement(old, next, now) } : {}),
    };
  }
  const since = old?.revision === revision ? old : { revision, since: instant(now) ?? '' };
  const cause = causeOf(rollback?.revision === revision ? rollback : undefined, revision);
  const due = isDue(since, facts) && since.toldAt === undefined && !quiet;
  return {
    diverged: due ? { ...since, toldAt: instant(now) ?? '' } : since,
    conditions: withGit(conditions, { status: 'False', ...cause }, facts),
    ...rest,
    ...(due ? { announcement: announcementOf(since, cause.message, next, now) } : {}),
  };
}

/** When people have to hear of it; undefined where they have, or there is nothing to hear. */
export function divergenceDueAt(
  { diverged }: CanaryStatus,
  git: Pick<NonNullable<Facts['git']>, 'convergeWithinMs'> | undefined,
): number | undefined {
  if (diverged === undefined || diverged.toldAt !== undefined || git === undefined) return undefined;
  return millis(diverged.since) + git.convergeWithinMs;
}

/** The failed revision that Git asks for; undefined where it asks for what is served, for something new, or is not our business. */
function revisionInGit(
  { target, quarantine = [] }: CanaryStatus,
  { phase, context }: State,
  { git, converged }: Facts,
): string | undefined {
  if (git === undefined || git.mode === 'Off' || converged || target === undefined) return undefined;
  const { revision } = target;
  if (!isResting(phase)) return undefined;
  const failed = phase === 'Failed' && context.revision === revision;
  return failed || quarantine.some(entry => entry.revision === revision) ? revision : undefined;
}

function isDue(diverged: Diverged, facts: Facts): boolean {
  const due = divergenceDueAt({ diverged }, facts.git);
  return due !== undefined && facts.now >= due;
}

function causeOf(
  rollback: RollbackStatus | undefined,
  revision: string,
): { reason: string; message: string } {
  if (rollback === undefined || rollback.convergedAt !== undefined) {
    return {
      reason: 'Quarantined',
      message: `Git asks for revision ${revision} again, which failed and gets no traffic; nothing is reverted a second time.`,
    };
  }
  const { state, verdict, message = '', lastError, pullRequest } = rollback;
  if (state === 'Pending') {
    const trouble = lastError === undefined ? '' : ` The last try failed: ${lastError}`;
    if (pullRequest !== undefined) return { reason: 'PullRequestOpen', message: `${message}${trouble}` };
    return { reason: 'RevertPending', message: `The change that failed is being reverted.${trouble}` };
  }
  if (verdict === 'Reverted' || verdict === 'AlreadyReverted') {
    return {
      reason: 'RevertNotApplied',
      message: 'The change that failed is undone in Git, but not applied to the cluster yet.',
    };
  }
  return { reason: verdict ?? state, message };
}

function overCondition(converged: boolean): Pick<Condition, 'status' | 'reason' | 'message'> {
  return converged
    ? { status: 'True', reason: 'Converged', message: 'The target holds the promoted revision again.' }
    : {
        status: 'True',
        reason: 'Superseded',
        message: 'Git asks for another revision than the one that failed.',
      };
}

function withGit(
  conditions: readonly Condition[],
  wanted: Pick<Condition, 'status' | 'reason' | 'message'>,
  { now, generation }: Facts,
): Condition[] {
  const old = conditions.find(({ type }) => type === 'GitConverged');
  const lastTransitionTime =
    old?.status === wanted.status ? old.lastTransitionTime : new Date(now).toISOString();
  const condition = {
    type: 'GitConverged',
    ...wanted,
    message: wanted.message.slice(0, statusLimits.message),
    lastTransitionTime,
    observedGeneration: generation,
  };
  return [...conditions.filter(({ type }) => type !== 'GitConverged'), condition];
}

function announcementOf(
  { revision, since }: Diverged,
  cause: string,
  { run }: CanaryStatus,
  now: number,
): Announcement {
  const message = `For ${age(since, now)} Git has asked for revision ${revision}, which failed and gets no traffic. ${cause}`;
  return {
    milestone: 'GitDiverged',
    reason: 'GitDiverged',
    message: message.slice(0, statusLimits.message),
    runId: run?.id ?? 'init',
  };
}

function overAnnouncement({ since }: Diverged, { run }: CanaryStatus, now: number): Announcement {
  return {
    milestone: 'GitConverged',
    reason: 'GitConverged',
    message: `The target holds the promoted revision again, after ${age(since, now)}.`,
    runId: run?.id ?? 'init',
  };
}

function age(since: string, now: number): string {
  return formatDuration(now - millis(since));
}
