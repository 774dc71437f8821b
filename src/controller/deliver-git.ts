/** Delivering to Git: positions are recorded and reverts written after the traffic is safe, at least once, and never in its way. */
import type { CanaryStatus, OutboxEntry } from '../api/canary-status.ts';
import type { RollbackStatus } from '../api/run-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import { alertEntries } from '../core/announce.ts';
import { withFailure, withSuccess } from '../core/conditions.ts';
import { placeOf, trimOutbox } from '../core/record.ts';
import { millis } from '../core/status.ts';
import { GitError, type GitPosition, type RevertResult } from '../git/port.ts';
import type { ObjectKey } from '../runtime/port.ts';
import { mayPush } from './breaker.ts';
import { type GitSettings, isRefusal, type Model, readCanary } from './model.ts';
import { isDue, nextDue, postpone, settle } from './outbox.ts';
import type { Ports } from './ports.ts';
import type { Result } from './reconcile.ts';
import { accessFor } from './repository.ts';
import { changeStatus } from './status.ts';

const promptMs = 15_000;
const clockSkewMs = 2_000;

/** One pass over the Git entries of a Canary's outbox, oldest first: a revert needs the position which stands before it. */
export async function deliverGit(key: ObjectKey, ports: Ports): Promise<Result> {
  const object = ports.canaries.get(key);
  const model = object === undefined ? undefined : readCanary(object, ports.settings);
  if (model === undefined || isRefusal(model)) return {};
  const owed = (model.canary.status.outbox ?? []).filter(entry => entry.kind !== 'alert');
  const entry = owed.find(other => isDue(other, ports.clock.now()));
  if (entry === undefined) {
    const wait = nextDue(owed, ports.clock.now());
    return wait === undefined ? {} : { requeueAfterMs: wait };
  }
  await attempt(model, entry, ports);
  return { requeueAfterMs: 0 };
}

async function attempt(model: Model, entry: OutboxEntry, ports: Ports): Promise<void> {
  const { git } = model;
  const drop = () => changeStatus(model.key, status => settle(status, [entry.id]), ports);
  if (git === undefined || git.mode === 'Off') return drop();
  try {
    if (entry.kind === 'position') await recordPosition(model, git, entry, ports);
    else await revert(model, git, entry, ports);
  } catch (error) {
    await postponed(model, entry, error, ports);
  }
}

async function postponed(model: Model, entry: OutboxEntry, error: unknown, ports: Ports): Promise<void> {
  const why = error instanceof Error ? error.message : 'unknown error';
  const now = ports.clock.now();
  ports.log.warn(
    { canary: model.key, entry: entry.id, attempts: entry.attempts, why },
    'git delivery failed',
  );
  if (entry.attempts === 0) {
    const reason = entry.kind === 'position' ? 'GitPositionUnknown' : 'RevertFailed';
    ports.recordEvent(model.canary, {
      type: 'Warning',
      reason,
      note: `${why}. It is tried again.`,
      runId: entry.id,
    });
  }
  await changeStatus(
    model.key,
    status => {
      const next = failing(postpone(status, [entry.id], { now, error: why }), error, why, now);
      if (entry.kind === 'position' && next.run?.git !== undefined && next.run.id === entry.runId) {
        return {
          ...next,
          run: {
            ...next.run,
            git: { ...next.run.git, state: 'Failed', message: why.slice(0, statusLimits.message) },
          },
        };
      }
      if (entry.kind === 'revert' && next.rollback !== undefined) {
        return {
          ...next,
          rollback: {
            ...next.rollback,
            attempts: entry.attempts + 1,
            lastError: why.slice(0, statusLimits.message),
          },
        };
      }
      return next;
    },
    ports,
  );
}

function failing(status: CanaryStatus, error: unknown, why: string, now: number): CanaryStatus {
  const conditions = withFailure(status.conditions ?? [], {
    type: 'GitReady',
    reason: error instanceof GitError ? error.code : 'Failed',
    message: why.slice(0, statusLimits.message),
    now: new Date(now).toISOString(),
  });
  return { ...status, conditions };
}

function working(status: CanaryStatus, ports: Ports): CanaryStatus {
  if (status.conditions === undefined) return status;
  return {
    ...status,
    conditions: withSuccess(status.conditions, 'GitReady', new Date(ports.clock.now()).toISOString()),
  };
}

async function recordPosition(
  model: Model,
  git: GitSettings,
  entry: OutboxEntry,
  ports: Ports,
): Promise<void> {
  const { repository, branch } = await accessFor(model, git, ports);
  const { run } = model.canary.status;
  const startedAt = run?.id === entry.runId ? run?.startedAt : entry.createdAt;
  const position = await ports.git.locate(repository, { branch, path: git.path, ...since(startedAt, ports) });
  await changeStatus(
    model.key,
    status => working(positioned(settle(status, [entry.id]), entry, position), ports),
    ports,
  );
}

/**
 * Right after the start, the head is what was deployed, whatever the clocks of those who commit say. Later, it may hold
 * the next release already, and only dates can tell the two apart.
 */
function since(startedAt: string | undefined, ports: Ports): { before?: number } {
  const started = millis(startedAt);
  return started > 0 && ports.clock.now() - started > promptMs ? { before: started + clockSkewMs } : {};
}

/**
 * The run's position is also the promoted revision's where the run has been promoted in the meantime. Once the target has
 * moved on, the branch holds another change: taking that for this revision's would revert the wrong one.
 */
function positioned(
  status: CanaryStatus,
  entry: OutboxEntry,
  { head, commit, tree }: GitPosition,
): CanaryStatus {
  const { run, promoted } = status;
  const place = { head, commit, tree };
  if (entry.runId === undefined) {
    if (promoted === undefined || promoted.git?.tree !== undefined) return status;
    if (status.target?.revision !== promoted.revision) return status;
    return { ...status, promoted: { ...promoted, git: { ...promoted.git, ...place } } };
  }
  if (run?.id !== entry.runId) return status;
  if (status.target?.revision !== run.revision) {
    const message = 'The target moved on before the place of this revision in Git was known.';
    return { ...status, run: { ...run, git: { state: 'Failed', message } } };
  }
  const rollback =
    status.rollback?.runId === run.id && status.rollback.state === 'Pending'
      ? { rollback: { ...status.rollback, failed: place } }
      : {};
  const isPromoted = promoted?.revision === run.revision && promoted.git?.tree === undefined;
  return {
    ...status,
    ...rollback,
    run: { ...run, git: { state: 'Recorded', ...place } },
    ...(isPromoted ? { promoted: { ...promoted, git: { ...promoted.git, ...place } } } : {}),
  };
}

async function revert(model: Model, git: GitSettings, entry: OutboxEntry, ports: Ports): Promise<void> {
  const { rollback, promoted, run } = model.canary.status;
  if (rollback?.state !== 'Pending' || `revert/${rollback.id}` !== entry.id) {
    await changeStatus(model.key, status => settle(status, [entry.id]), ports);
    return;
  }
  // The first position of all may have been recorded after the verdict; the promoted revision is still the same then.
  const good = rollback.good ?? (run?.id === rollback.runId ? placeOf(promoted?.git) : undefined);
  if (good === undefined) {
    const message =
      'It is not known where the promoted revision stands in Git, so nothing could be reverted.';
    await finish(model, entry, { verdict: 'Held', message, files: [] }, {}, ports);
    return;
  }
  if (rollback.failed === undefined && !holdsFailed(model.canary.status)) {
    const message =
      'The target moved on before the place of the failed revision in Git was known, so nothing was reverted.';
    await finish(model, entry, { verdict: 'Held', message, files: [] }, {}, ports);
    return;
  }
  const { repository, branch, spec } = await accessFor(model, git, ports);
  const dryRun = git.mode === 'DryRun' || spec.mode === 'DryRun';
  // A run that failed before its position was recorded is looked up now, as the branch was when it started.
  const failed =
    rollback.failed ??
    (await ports.git.locate(repository, { branch, path: git.path, ...since(rollback.startedAt, ports) }));
  const result = await ports.git.revert({
    repository,
    branch,
    path: git.path,
    good,
    failed,
    canary: model.key,
    rollbackId: rollback.id,
    revision: rollback.revision,
    reason: rollback.reason,
    decidedAt: millis(rollback.decidedAt),
    mode: dryRun ? 'DryRun' : 'Commit',
    mayPush: async () => mayPush(model, git, ports),
  });
  ports.observe.reverted(result.verdict);
  await finish(model, entry, result, { failedCommit: failed.commit, goodCommit: good.commit }, ports);
}

/** A run that failed before its position was recorded can be looked up later only while nothing replaced its change. */
function holdsFailed({ rollback, run, target }: CanaryStatus): boolean {
  return run?.id === rollback?.runId && target?.revision === rollback?.revision;
}

async function finish(
  model: Model,
  entry: OutboxEntry,
  result: RevertResult,
  commits: Pick<RollbackStatus, 'failedCommit' | 'goodCommit'>,
  ports: Ports,
): Promise<void> {
  const createdAt = new Date(ports.clock.now()).toISOString();
  const message = result.message.slice(0, statusLimits.message);
  const state = result.verdict === 'Held' ? 'Held' : 'Done';
  await changeStatus(
    model.key,
    status => {
      if (status.rollback?.state !== 'Pending') return settle(status, [entry.id]);
      const { lastError: _error, nextAttemptAt: _next, ...rollback } = status.rollback;
      const announcement = {
        milestone: 'RolledBack' as const,
        reason: result.verdict,
        message: `${rollback.reason} ${message}`,
        runId: rollback.runId,
      };
      const alerts = alertEntries(announcement, model.alerts, createdAt).map(alert => ({
        ...alert,
        id: `${alert.id}/git`.slice(-256),
        event: 'Reverted',
      }));
      const settled = working(settle(status, [entry.id]), ports);
      return {
        ...settled,
        rollback: {
          ...rollback,
          ...commits,
          state,
          verdict: result.verdict,
          message,
          attempts: entry.attempts + 1,
          ...(result.commit === undefined ? {} : { commit: result.commit }),
          files: result.files.slice(0, statusLimits.files),
        },
        outbox: trimOutbox([...(settled.outbox ?? []), ...alerts]),
      };
    },
    ports,
  );
  const type = result.verdict === 'Reverted' || result.verdict === 'AlreadyReverted' ? 'Normal' : 'Warning';
  ports.recordEvent(model.canary, { type, reason: result.verdict, note: message, runId: entry.id });
  ports.log.info(
    { canary: model.key, verdict: result.verdict, commit: result.commit, note: message },
    'revert finished',
  );
}
