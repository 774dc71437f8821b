/** Fetch, plan, commit, push, and from the start again when somebody else was faster. */
import {
  everyAttemptLost,
  mostAttempts,
  mostUnknown,
  pauseAfter,
  type WriteDependencies,
} from './attempts.ts';
import { commitRevert } from './commit.ts';
import type { Git } from './git.ts';
import { lookAt, lookBack } from './look-ahead.ts';
import { fetchBranch } from './mirror.ts';
import { openPush } from './open-push.ts';
import { planRevert } from './plan.ts';
import type { RevertRequest, RevertResult } from './port.ts';
import { propose } from './propose.ts';
import { type PushOutcome, pushCommit } from './push.ts';
import { recalling } from './recall.ts';

/** Writes at most one commit. Rejects with `GitError` when the outcome is open; calling again then is safe. */
export async function revertFailedChange(
  dependencies: WriteDependencies,
  request: RevertRequest,
): Promise<RevertResult> {
  const git = recalling(dependencies.git);
  const looking = startLooking(git, request, dependencies.fetchTimeoutMs);
  try {
    return await tryToRevert({ ...dependencies, git }, request, looking);
  } finally {
    await looking.done();
  }
}

/** The questions under way. */
interface Looking {
  /** Asks about this head, and about the rest again where the mirror did not know the commits before its fetch. */
  at(tip: string, now: number): void;
  /** Nothing is under way any more. Never rejects. */
  done(): Promise<unknown>;
}

function startLooking(git: Git, request: RevertRequest, timeoutMs: number): Looking {
  const look = async () => lookBack(git, request, timeoutMs);
  let back = look();
  let head: Promise<unknown> = Promise.resolve();
  return {
    at(tip, now) {
      back = back.then(async known => known || look());
      head = lookAt(git, tip, request, now);
    },
    done: async () => Promise.all([back, head]),
  };
}

async function tryToRevert(
  dependencies: WriteDependencies,
  request: RevertRequest,
  looking: Looking,
): Promise<RevertResult> {
  const { git, clock, fetchTimeoutMs, pushTimeoutMs } = dependencies;
  const { repository, branch } = request;
  const sent = new Set<string>();
  let unknown = 0;
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    await using open = pushesOverHttps(request)
      ? openPush(git, { repository: repository.name, timeoutMs: pushTimeoutMs })
      : undefined;
    // Planned again from the new head each time: a rebase would replay lines of a diff against an old one.
    const tip = await fetchBranch(git, branch, fetchTimeoutMs);
    const now = clock.now();
    looking.at(tip, now);
    const plan = await planRevert(git, {
      tip,
      path: request.path,
      good: request.good,
      failed: request.failed,
      scope: request.scope,
      onConflict: request.onConflict,
      rollbackId: request.rollbackId,
      allowedPaths: repository.allowedPaths,
      limits: repository.limits,
      now,
    });
    if (plan.verdict !== 'Reverted') {
      const mine = plan.commit !== undefined && sent.has(plan.commit);
      return mine ? { ...plan, verdict: 'Reverted' } : plan;
    }
    const content = { tip, tree: plan.tree, undone: plan.undone, restored: plan.restored };
    const commit = await commitRevert(git, request, content, dependencies.sign);
    const result = { verdict: plan.verdict, message: plan.message, commit, files: plan.files };
    if (request.mode === 'DryRun') return { ...result, message: `Dry run, nothing pushed. ${plan.message}` };
    if (request.mode === 'PullRequest') {
      const proposed = await propose(dependencies, request, { tip, tree: plan.tree, commit });
      if (proposed.kind === 'proposed') return { ...result, ...proposed.result };
      if (proposed.kind === 'unknown' && ++unknown > mostUnknown) throw proposed.error;
      await pauseAfter(attempt, dependencies);
      continue;
    }
    const permission = await request.mayPush();
    if (!permission.allowed) return { verdict: 'Held', message: permission.why, files: plan.files };

    // The push would load what is not there yet, on a connection of its own.
    await looking.done();
    sent.add(commit);
    const outcome: PushOutcome = await pushCommit(git, {
      repository: repository.name,
      branch,
      expected: tip,
      commit,
      timeoutMs: pushTimeoutMs,
      open,
    });
    if (outcome.kind === 'pushed') return result;
    // After an unknown outcome the next fetch shows whether the commit arrived: planning then finds its trailer.
    if (outcome.kind === 'unknown' && ++unknown > mostUnknown) throw outcome.error;
    await pauseAfter(attempt, dependencies);
  }
  throw everyAttemptLost(repository.name, branch);
}

/** Git has such a helper for HTTP alone. */
function pushesOverHttps({ mode, repository }: RevertRequest): boolean {
  return mode === 'Commit' && URL.parse(repository.url)?.protocol === 'https:';
}
