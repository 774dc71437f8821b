/** Delivering to Git: positions are recorded and reverts written after the traffic is safe, at least once, and never in its way. */
import type { CanaryStatus, OutboxEntry } from '../api/canary-status.ts';
import { parseManifestRepository } from '../api/parse.ts';
import { statusLimits } from '../api/status-limits.ts';
import { ForgeError } from '../forge/port.ts';
import type { ObjectKey } from '../runtime/port.ts';

import { isFreed, isLasting, lookMs, versionsOf } from './blocked.ts';
import { tellCommitStatus } from './commit-status.ts';
import { gitFails } from './git-condition.ts';

import { recordPosition } from './git-position.ts';
import { revert } from './git-revert.ts';
import { isRefusal, type Model, readCanary } from './model.ts';
import { isDue, nextDue, postpone, settle } from './outbox.ts';
import type { Ports } from './ports.ts';
import { promote } from './promotion.ts';
import { closeOutlived, isPrompted } from './proposal-wait.ts';
import type { Result } from './reconcile.ts';
import { changeStatus } from './status.ts';
import { suspendAutomation } from './suspend-automation.ts';

/** One pass over the Git entries of a Canary's outbox, oldest first: a revert needs the position which stands before it. */
export async function deliverGit(key: ObjectKey, ports: Ports): Promise<Result> {
  const object = ports.canaries.get(key);
  const model = object === undefined ? undefined : readCanary(object, ports.settings);
  if (model === undefined || isRefusal(model) || model.canary.spec.suspend) return {};
  const owed = (model.canary.status.outbox ?? []).filter(entry => entry.kind !== 'alert');
  const now = ports.clock.now();
  const freed = await isFreed(owed, async () => versions(model, ports));
  const entry = owed.find(
    other => isDue(other, now) || (freed && other.blockedBy !== undefined) || isPrompted(model, other, ports),
  );
  if (entry === undefined) {
    const wait = nextDue(owed, now);
    return wait === undefined ? {} : { requeueAfterMs: Math.min(wait, lookMs(owed)) };
  }
  await attempt(model, entry, ports);
  return { requeueAfterMs: 0 };
}

/** Of the objects on which Git depends. */
async function versions({ git }: Model, ports: Ports): Promise<string> {
  const object = git === undefined ? undefined : ports.repositories.get({ name: git.repository });
  const parsed = object === undefined ? undefined : parseManifestRepository(object);
  const name = parsed?.ok === true ? parsed.value.spec.secretRef?.name : undefined;
  return versionsOf(object, { namespace: ports.settings.operatorNamespace, name }, ports);
}

async function attempt(model: Model, entry: OutboxEntry, ports: Ports): Promise<void> {
  if (entry.kind === 'promotion') return promote(model, entry, ports);
  const { git } = model;
  if (git === undefined || git.mode === 'Off')
    return changeStatus(model.key, status => dropped(settle(status, [entry.id]), entry), ports);
  try {
    if (entry.kind === 'position') await recordPosition(model, git, entry, ports);
    else if (entry.kind === 'status') await tellCommitStatus(model, git, entry, ports);
    else if (entry.kind === 'suspend') await suspendAutomation(model, entry, ports);
    else if (entry.kind === 'close') await closeOutlived(model, git, entry, ports);
    else await revert(model, git, entry, ports);
  } catch (error) {
    await postponed(model, entry, error, ports);
  }
}

/** The spec asks for no revert any more: a rollback that waited for one must not look as if it still did. */
function dropped(status: CanaryStatus, { id }: OutboxEntry): CanaryStatus {
  const { rollback } = status;
  if (rollback?.state !== 'Pending' || id !== `revert/${rollback.id}`) return status;
  return {
    ...status,
    rollback: { ...rollback, state: 'Off', message: 'spec.rollback.git no longer asks for a revert.' },
  };
}

async function postponed(model: Model, entry: OutboxEntry, error: unknown, ports: Ports): Promise<void> {
  const why = error instanceof Error ? error.message : 'unknown error';
  const now = ports.clock.now();
  const wishMs = error instanceof ForgeError ? error.retryAfterMs : undefined;
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
  const blocked = isLasting(error) ? { blockedBy: await versions(model, ports) } : {};
  await changeStatus(
    model.key,
    status => {
      const failure = { now, error: why, wishMs, ...blocked };
      const next = gitFails(postpone(status, [entry.id], failure), error, why, now);
      if (entry.kind === 'position' && next.run?.git !== undefined && next.run.id === entry.runId) {
        return {
          ...next,
          run: {
            ...next.run,
            git: { ...next.run.git, state: 'Failed', message: why.slice(0, statusLimits.message) },
          },
        };
      }
      if (
        entry.kind === 'revert' &&
        next.rollback !== undefined &&
        entry.id === `revert/${next.rollback.id}`
      ) {
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
