/** Between asking and merging: what the status and people are told, when the next look is due, and the end of what is outlived. */
import type { CanaryStatus, OutboxEntry } from '../api/canary-status.ts';
import { parseManifestRepository } from '../api/parse.ts';
import type { RollbackStatus } from '../api/run-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import { alertEntries } from '../core/announce.ts';
import { promotionEntryId } from '../core/next-environments.ts';
import { trimOutbox } from '../core/owed.ts';
import type { RevertResult } from '../git/port.ts';
import { gitWorks } from './git-condition.ts';
import type { Model } from './model.ts';
import { settle } from './outbox.ts';
import type { Ports } from './ports.ts';
import { closeProposal } from './proposal.ts';
import { accessFor } from './repository.ts';
import type { GitSettings } from './spec-model.ts';
import { changeStatus } from './status.ts';

/** A merge is noticed within this time, where no webhook tells of it at once. */
const lookEveryMs = 60_000;

/** The host has called since the last look. Not while looks fail: their pause is for the host's sake. */
export function isPrompted(
  { canary }: Model,
  entry: OutboxEntry,
  ports: Pick<Ports, 'repositories'>,
): boolean {
  if (entry.attempts > 0) return false;
  const { rollback, promotions = [] } = canary.status;
  const promotion = promotions.find(other => promotionEntryId(other) === entry.id);
  const reverts = entry.id === `revert/${rollback?.id ?? ''}` ? rollback?.pullRequest : undefined;
  const pullRequest = promotion?.state === 'Proposed' ? promotion.pullRequest : reverts;
  if (pullRequest === undefined) return false;
  const repository = promotion?.pullRequest?.repository ?? canary.spec.rollback?.git?.repositoryRef.name;
  const hookAt = lastHookAt(repository, ports);
  return hookAt !== undefined && hookAt !== pullRequest.hookAt;
}

/** To be read before a look: what is called after it asks for another. */
export function lastHookAt(name: string | undefined, ports: Pick<Ports, 'repositories'>): string | undefined {
  const object = name === undefined ? undefined : ports.repositories.get({ name });
  const parsed = object === undefined ? undefined : parseManifestRepository(object);
  return parsed?.ok === true ? parsed.value.status.lastHookAt : undefined;
}

/** Keeps the entry in the outbox until the next look; people hear of a pull request once. */
export async function waitForMerge(
  model: Model,
  entry: OutboxEntry,
  result: RevertResult,
  about: Pick<RollbackStatus, 'failedCommit' | 'goodCommit' | 'pullRequest'>,
  ports: Ports,
): Promise<void> {
  const now = ports.clock.now();
  const nextAttemptAt = new Date(now + lookEveryMs).toISOString();
  const message = result.message.slice(0, statusLimits.message);
  let isNew = false;
  await changeStatus(
    model.key,
    status => {
      if (status.rollback?.state !== 'Pending' || `revert/${status.rollback.id}` !== entry.id)
        return settle(status, [entry.id]);
      const { lastError: _error, ...rollback } = status.rollback;
      isNew = rollback.pullRequest === undefined;
      const waiting: CanaryStatus = {
        ...status,
        rollback: {
          ...rollback,
          ...about,
          message,
          attempts: 0,
          nextAttemptAt,
          ...(result.commit === undefined ? {} : { commit: result.commit }),
          files: result.files.slice(0, statusLimits.files).map(file => file.slice(0, 512)),
        },
      };
      const outbox = (status.outbox ?? []).map(other =>
        other.id === entry.id ? waitingEntry(other, nextAttemptAt) : other,
      );
      const alerts = isNew ? announce(model, waiting, now) : [];
      return gitWorks({ ...waiting, outbox: trimOutbox([...outbox, ...alerts]) }, ports);
    },
    ports,
  );
  if (!isNew) return;
  ports.recordEvent(model.canary, {
    type: 'Normal',
    reason: 'PullRequestOpened',
    note: message,
    runId: entry.id,
  });
  ports.log.info({ canary: model.key, pullRequest: about.pullRequest?.url }, 'pull request opened');
}

function waitingEntry({ lastError: _error, ...entry }: OutboxEntry, nextAttemptAt: string): OutboxEntry {
  return { ...entry, attempts: 0, nextAttemptAt };
}

function announce({ alerts }: Model, { rollback }: CanaryStatus, now: number): OutboxEntry[] {
  if (rollback === undefined) return [];
  const { reason, message = '', runId } = rollback;
  const announcement = {
    milestone: 'RolledBack' as const,
    reason: 'Proposed',
    message: `${reason} ${message}`.slice(0, statusLimits.message),
    runId,
  };
  return alertEntries(announcement, alerts, new Date(now).toISOString()).map(alert => ({
    ...alert,
    id: `${alert.id}/pr`.slice(-256),
    event: 'Proposed',
  }));
}

/** Closes the pull request of a rollback that another has taken the place of. Rejects as the forge does. */
export async function closeOutlived(
  model: Model,
  git: GitSettings,
  entry: OutboxEntry,
  ports: Ports,
): Promise<void> {
  if (entry.pullRequest !== undefined) {
    const access = await accessFor(model, git, ports);
    await closeProposal(access, entry.pullRequest, entry.text ?? 'It is no longer needed.', ports);
  }
  await changeStatus(model.key, status => settle(status, [entry.id]), ports);
}
