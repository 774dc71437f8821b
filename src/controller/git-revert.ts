/** The revert: the failed change is undone in the manifests repository, once, and the outcome is told. */
import type { CanaryStatus, OutboxEntry } from '../api/canary-status.ts';
import type { RollbackStatus } from '../api/run-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import { alertEntries } from '../core/announce.ts';
import { trimOutbox } from '../core/owed.ts';
import { placeOf } from '../core/place.ts';
import { isResting } from '../core/state.ts';
import { millis } from '../core/status.ts';
import { GitError, type RevertResult } from '../git/port.ts';
import { countRevert, mayPush } from './breaker.ts';
import { effectiveMode } from './forge-access.ts';
import { type Place, PlaceError } from './found-place.ts';
import { gitWorks } from './git-condition.ts';
import { locateAt } from './git-position.ts';
import type { Model } from './model.ts';
import { newerPromotion } from './newer-promotion.ts';
import { postpone, settle } from './outbox.ts';
import { findPlace, targetOf } from './place.ts';
import type { Ports } from './ports.ts';
import { closeProposal, type ProposalWork, type Proposed, propose } from './proposal.ts';
import { lastHookAt, waitForMerge } from './proposal-wait.ts';
import { accessFor } from './repository.ts';
import type { GitSettings } from './spec-model.ts';
import { changeStatus } from './status.ts';

/** Undoes the failed change, or records why not; what is final leaves the outbox. Rejects as the Git port does. */
export async function revert(
  model: Model,
  git: GitSettings,
  entry: OutboxEntry,
  ports: Ports,
): Promise<void> {
  const { rollback, promoted, run } = model.canary.status;
  if (rollback?.state !== 'Pending' || `revert/${rollback.id}` !== entry.id) {
    await changeStatus(model.key, status => settle(status, [entry.id]), ports);
    return;
  }
  const newer = newerPromotion(model.canary.status);
  if (newer !== undefined) {
    await finish(
      model,
      entry,
      { verdict: 'Superseded', message: newer, files: [] },
      await closed(model, git, newer, ports),
      ports,
    );
    return;
  }
  // The first position of all may have been recorded after the verdict; the promoted revision is still the same then.
  const good = rollback.good ?? (run?.id === rollback.runId ? placeOf(promoted?.git) : undefined);
  if (good === undefined) {
    const message = `It is not known where the promoted revision stands in Git, so nothing could be reverted. ${gitTrouble(model)}`;
    await finish(model, entry, { verdict: 'Held', message, files: [] }, {}, ports);
    return;
  }
  if (rollback.failed === undefined && !holdsFailed(model.canary.status)) {
    if (otherRunGoesOn(model.canary.status)) {
      const error = 'A newer revision is being judged; once it is promoted there is nothing left to revert.';
      const wait = (status: CanaryStatus) => postpone(status, [entry.id], { now: ports.clock.now(), error });
      await changeStatus(model.key, wait, ports);
      return;
    }
    const message =
      'The target moved on before the place of the failed revision in Git was known, so nothing was reverted.';
    await finish(model, entry, { verdict: 'Held', message, files: [] }, {}, ports);
    return;
  }
  let place: Place;
  try {
    place = await placeOfFailure(model, git, rollback.failed, ports);
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error;
    await finish(model, entry, { verdict: 'Held', message: `${error.message}.`, files: [] }, {}, ports);
    return;
  }
  const { repository, branch, path, spec } = place;
  const mode = effectiveMode(git, spec);
  // A run that failed before its position was recorded is looked up now, as the branch was when it started.
  const failed = rollback.failed ?? (await locateAt(place, rollback.startedAt, ports));
  const request = {
    repository,
    branch,
    path,
    good,
    failed,
    ...(failed.evidence === undefined ? {} : { evidence: evidenceOf(failed) }),
    canary: model.key,
    rollbackId: rollback.id,
    revision: rollback.revision,
    reason: rollback.reason,
    decidedAt: millis(rollback.decidedAt),
    scope: git.scope,
    onConflict: git.onConflict === 'Restore' ? ('Restore' as const) : ('Hold' as const),
    mayPush: async () => mayPush(model, git, ports),
  };
  const hookAt = lastHookAt(git.repository, ports);
  const { kind, result, pullRequest } = await undo(
    { model, rollback, place, request },
    { ...git, mode },
    ports,
  );
  const about = {
    failedCommit: failed.commit,
    goodCommit: good.commit,
    ...(pullRequest === undefined
      ? {}
      : { pullRequest: { ...pullRequest, ...(hookAt === undefined ? {} : { hookAt }) } }),
  };
  if (kind === 'open') {
    if (rollback.pullRequest === undefined) ports.observe.reverted(result.verdict);
    await waitForMerge(model, entry, result, about, ports);
    return;
  }
  ports.observe.reverted(result.verdict);
  const pushed = mode !== 'DryRun' && result.verdict === 'Reverted';
  await finish(model, entry, result, { ...about, pushed }, ports);
  if (mode !== 'DryRun' && (result.verdict === 'Reverted' || result.verdict === 'AlreadyReverted'))
    await nudge(model, ports);
}

/** For the commit's message: who says that this is the place, and how far that can be trusted. */
function evidenceOf({ evidence = '', confidence }: NonNullable<RollbackStatus['failed']>): string {
  return confidence === undefined ? evidence : `${evidence} (confidence ${confidence})`;
}

/** A branch that turns out to be protected, or a conflict, is asked by a pull request where mode and onConflict say so. */
async function undo(work: ProposalWork, git: GitSettings, ports: Ports): Promise<Proposed> {
  const { mode, onConflict } = git;
  const asked: ProposalWork =
    onConflict === 'PullRequest' ? { ...work, request: { ...work.request, onConflict: 'Restore' } } : work;
  if (mode === 'PullRequest' || work.rollback.pullRequest !== undefined) return propose(asked, ports);
  try {
    const result = await ports.git.revert({
      ...work.request,
      mode: mode === 'DryRun' ? 'DryRun' : 'Commit',
    });
    return mode !== 'DryRun' && result.verdict === 'Conflict' && onConflict === 'PullRequest'
      ? propose(asked, ports)
      : { kind: 'ended', result };
  } catch (error) {
    if (mode !== 'Auto' || !(error instanceof GitError) || error.code !== 'BranchProtected') throw error;
    return propose(asked, ports);
  }
}

/** A pull request that nobody needs any more is closed before its rollback ends. */
async function closed(model: Model, git: GitSettings, why: string, ports: Ports): Promise<About> {
  const { rollback } = model.canary.status;
  if (rollback?.pullRequest === undefined) return {};
  const access = await accessFor(model, git, ports, rollback.failed?.branch);
  await closeProposal(access, rollback.pullRequest.number, why, ports);
  return { pullRequest: { ...rollback.pullRequest, state: 'Closed' as const } };
}

/** Why the place was not recorded, where that is known. */
function gitTrouble({ canary }: Model): string {
  const ready = canary.status.conditions?.find(({ type }) => type === 'GitReady');
  return ready?.status === 'False' ? ready.message : '';
}

/** Recorded once, the place stays where it was, whatever the agent's objects say in the meantime. */
async function placeOfFailure(
  model: Model,
  git: GitSettings,
  failed: RollbackStatus['failed'],
  ports: Ports,
): Promise<Place> {
  const path = failed?.path ?? git.path;
  if (failed === undefined || path === undefined) return findPlace(model, git, ports);
  return { ...(await accessFor(model, git, ports, failed.branch)), path };
}

/** The agent would find the revert at its next interval anyway, so nothing depends on this. */
async function nudge(model: Model, ports: Ports): Promise<void> {
  const target = targetOf(model, ports);
  if (target === undefined) return;
  try {
    await ports.tracer.nudge(target, ports.clock.now());
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error';
    ports.log.info({ canary: model.key, why }, 'the GitOps agent was not told of the revert');
  }
}

/** A run that failed before its position was recorded can be looked up later only while nothing replaced its change. */
function holdsFailed({ rollback, run, target }: CanaryStatus): boolean {
  return run?.id === rollback?.runId && target?.revision === rollback?.revision;
}

function otherRunGoesOn({ rollback, run, phase = 'Initializing' }: CanaryStatus): boolean {
  return run?.id !== rollback?.runId && !isResting(phase);
}

type About = Pick<RollbackStatus, 'failedCommit' | 'goodCommit' | 'pullRequest'>;

/** `Proposed` ends nothing, so it never gets here. */
function verdictOf({ verdict }: RevertResult): NonNullable<RollbackStatus['verdict']> {
  return verdict === 'Proposed' ? 'Held' : verdict;
}

async function finish(
  model: Model,
  entry: OutboxEntry,
  result: RevertResult,
  { pushed = false, ...about }: About & { readonly pushed?: boolean },
  ports: Ports,
): Promise<void> {
  const createdAt = new Date(ports.clock.now()).toISOString();
  const message = result.message.trim().slice(0, statusLimits.message);
  const state = result.verdict === 'Held' ? 'Held' : 'Done';
  await changeStatus(
    model.key,
    status => {
      // Another rollback may have taken its place while Git was asked.
      if (status.rollback?.state !== 'Pending' || `revert/${status.rollback.id}` !== entry.id)
        return settle(status, [entry.id]);
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
      const counted = pushed ? countRevert(status, ports.clock.now(), statusLimits.reverts) : status;
      const settled = gitWorks(settle(counted, [entry.id]), ports);
      return {
        ...settled,
        rollback: {
          ...rollback,
          ...about,
          state,
          verdict: verdictOf(result),
          message,
          attempts: entry.attempts + 1,
          ...(result.commit === undefined ? {} : { commit: result.commit }),
          files: result.files.slice(0, statusLimits.files).map(file => file.slice(0, 512)),
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
