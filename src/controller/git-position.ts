/** Positions in Git: where the manifests stood when a revision was found, recorded while that can still be told. */
import type { CanaryStatus, OutboxEntry } from '../api/canary-status.ts';
import type { RollbackStatus } from '../api/run-status.ts';
import type { GitPlace } from '../core/place.ts';
import { arrivalEvent } from '../core/record.ts';
import { millis } from '../core/status.ts';
import type { Place } from './found-place.ts';
import { gitWorks } from './git-condition.ts';
import type { Model } from './model.ts';
import { settle } from './outbox.ts';
import { findPlace } from './place.ts';
import type { Ports } from './ports.ts';
import type { GitSettings } from './spec-model.ts';
import { changeStatus } from './status.ts';

const promptMs = 15_000;
const clockSkewMs = 2_000;

/** Locates the path for the run (or, before any run, for the promoted revision) that the entry names. Rejects as the Git port does. */
export async function recordPosition(
  model: Model,
  git: GitSettings,
  entry: OutboxEntry,
  ports: Ports,
): Promise<void> {
  const { run, rollback } = model.canary.status;
  const found = await findPlace(model, git, ports);
  const place = entry.event === arrivalEvent ? atRevert(found, rollback) : found;
  const position = await locateAt(place, run?.id === entry.runId ? run?.startedAt : undefined, ports);
  await changeStatus(
    model.key,
    status => gitWorks(positioned(settle(status, [entry.id]), entry, position), ports),
    ports,
  );
}

/** The revert itself, whatever was pushed since or the agent has got to. */
function atRevert({ evidence: _evidence, ...place }: Place, rollback: RollbackStatus | undefined): Place {
  return rollback?.commit === undefined ? place : { ...place, commit: rollback.commit };
}

/** The position with all that a revert needs to know of it. Rejects as the Git port does. */
export async function locateAt(place: Place, startedAt: string | undefined, ports: Ports): Promise<GitPlace> {
  const { repository, branch, path, also = [], commit, evidence, confidence } = place;
  const bound = since(startedAt, ports);
  const agents = commit === undefined ? {} : { commit };
  const others = also.length === 0 ? {} : { also: [...also] };
  const found = await ports.git.locate(repository, { branch, path, ...others, ...agents, ...bound });
  return {
    head: found.head,
    commit: found.commit,
    tree: found.tree,
    branch,
    path,
    ...others,
    ...(evidence === undefined ? {} : { evidence }),
    ...(confidence === undefined ? {} : { confidence }),
  };
}

/**
 * What bounds a look for a run's change. Right after the start, the head (or what the agent says it applied) is what was deployed, whatever the clocks of those
 * who commit say. Later, it may hold the next release already, and only dates can tell the two apart.
 */
function since(startedAt: string | undefined, ports: Ports): { before?: number } {
  const started = millis(startedAt);
  return started > 0 && ports.clock.now() - started > promptMs ? { before: started + clockSkewMs } : {};
}

/**
 * The run's position is also the promoted revision's where the run has been promoted in the meantime. Once the target has
 * moved on, the branch holds another change: taking that for this revision's would revert the wrong one.
 */
function positioned(status: CanaryStatus, entry: OutboxEntry, place: GitPlace): CanaryStatus {
  const { run, promoted } = status;
  if (entry.runId === undefined) {
    if (promoted === undefined || status.target?.revision !== promoted.revision) return status;
    // After a rollback only the very contents that were recorded: the head may hold the next release already.
    if (
      promoted.git?.tree !== undefined &&
      !(entry.event === arrivalEvent && promoted.git.tree === place.tree)
    )
      return status;
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
