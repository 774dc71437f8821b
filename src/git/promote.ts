/** Fetch, plan, commit and push a promotion, and from the start again when somebody else was faster. */
import {
  everyAttemptLost,
  mostAttempts,
  mostUnknown,
  pauseAfter,
  type WriteDependencies,
} from './attempts.ts';
import { commitTree } from './commit-tree.ts';
import { fetchBranch } from './mirror.ts';
import type { PromotionRequest, PromotionResult } from './promotion.ts';
import { promotionTrailers } from './promotion-history.ts';
import { promotionMessage } from './promotion-message.ts';
import { lineOf, planPromotion } from './promotion-plan.ts';
import { publish } from './publish.ts';
import { pushCommit } from './push.ts';

/** Writes at most one commit. Rejects with `GitError` when the outcome is open; calling again then is safe. */
export async function promoteVersion(
  dependencies: WriteDependencies,
  request: PromotionRequest,
): Promise<PromotionResult> {
  const { git, clock, fetchTimeoutMs, pushTimeoutMs } = dependencies;
  const { repository, branch } = request;
  let unknown = 0;
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    // Planned again from the new head each time: the file may have another shape by now.
    const tip = await fetchBranch(git, branch, fetchTimeoutMs);
    const plan = await planPromotion(git, request, { tip, now: clock.now() });
    if (!('tree' in plan)) return plan;
    const message = promotionMessage(request, plan.files);
    const commit = await commitTree(git, {
      tree: plan.tree,
      parents: [tip],
      message,
      identity: repository.commit,
      date: request.dueAt,
      sign: dependencies.sign,
    });
    const result = { verdict: plan.verdict, message: plan.message, commit, files: plan.files };
    if (request.mode === 'DryRun') return { ...result, message: `Dry run, nothing pushed. ${plan.message}` };
    if (request.mode === 'PullRequest') {
      const proposed = await propose(dependencies, request, { ...plan, tip, commit, message });
      if (proposed !== undefined) return proposed;
      await pauseAfter(attempt, dependencies);
      continue;
    }
    const permission = await request.mayPush();
    if (!permission.allowed) return { verdict: 'NotPermitted', message: permission.why, files: plan.files };
    const outcome = await pushCommit(git, {
      repository: repository.name,
      branch,
      expected: tip,
      commit,
      timeoutMs: pushTimeoutMs,
    });
    if (outcome.kind === 'pushed') return result;
    // After an unknown outcome the next fetch shows whether the commit arrived: planning then finds its trailer.
    if (outcome.kind === 'unknown' && ++unknown > mostUnknown) throw outcome.error;
    await pauseAfter(attempt, dependencies);
  }
  throw everyAttemptLost(repository.name, branch);
}

/** On the branch of the pull request; undefined where the base or the branch moved in between, or nobody knows. */
async function propose(
  dependencies: WriteDependencies,
  request: PromotionRequest,
  made: {
    readonly tip: string;
    readonly tree: string;
    readonly commit: string;
    readonly message: string;
    readonly files: readonly string[];
  },
): Promise<PromotionResult | undefined> {
  const { proposal = { branch: '', refresh: 'Needed' } } = request;
  const { files, tip } = made;
  const [file = ''] = files;
  let denial = '';
  const published = await publish(dependencies, {
    repository: request.repository,
    base: { branch: request.branch, tip },
    branch: proposal.branch,
    tree: made.tree,
    path: files.length === 1 ? file : '',
    commit: made.commit,
    message: made.message,
    trailer: { key: promotionTrailers.line, value: lineOf(request) },
    date: request.dueAt,
    refresh: proposal.refresh,
    async mayPush() {
      const permission = await request.mayPush();
      if (!permission.allowed) denial = permission.why;
      return permission;
    },
  });
  switch (published.kind) {
    case 'there': {
      const message = `Branch ${proposal.branch} holds it.`;
      return { verdict: 'Proposed', message, commit: published.commit, moved: published.moved, files };
    }
    case 'foreign': {
      const message = `Branch ${proposal.branch} holds commits of somebody else, so it is left as it is.`;
      return { verdict: 'Proposed', message, commit: published.commit, moved: false, files };
    }
    case 'forbidden':
      return { verdict: 'NotPermitted', message: denial, files };
    case 'lost-race':
      return undefined;
    case 'unknown':
      throw published.error;
  }
}
