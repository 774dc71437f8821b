/** The revert on a branch of ours: the words for what publishing it came to. */
import { idTrailer } from './history.ts';
import type { GitError, RevertRequest, RevertResult } from './port.ts';
import { type PublishDependencies, publish } from './publish.ts';

export type ProposeOutcome =
  | { readonly kind: 'proposed'; readonly result: Omit<RevertResult, 'files'> }
  | { readonly kind: 'lost-race' }
  | { readonly kind: 'unknown'; readonly error: GitError };

/** `commit` is the revert on the base's head; it is what the branch begins with. Rejects as `publish` does. */
export async function propose(
  dependencies: PublishDependencies,
  request: RevertRequest,
  made: { readonly tip: string; readonly tree: string; readonly commit: string },
): Promise<ProposeOutcome> {
  const { repository, proposal = { branch: '', refresh: 'Needed' } } = request;
  let denial = '';
  const published = await publish(dependencies, {
    repository,
    base: { branch: request.branch, tip: made.tip },
    branch: proposal.branch,
    tree: made.tree,
    path: request.path,
    commit: made.commit,
    trailer: { key: idTrailer, value: request.rollbackId },
    date: request.decidedAt,
    refresh: proposal.refresh,
    async mayPush() {
      const permission = await request.mayPush();
      if (!permission.allowed) denial = permission.why;
      return permission;
    },
  });
  switch (published.kind) {
    case 'there': {
      const { commit, moved } = published;
      return result({
        verdict: 'Proposed',
        message: `Branch ${proposal.branch} holds the revert.`,
        commit,
        moved,
      });
    }
    case 'foreign': {
      const message = `Branch ${proposal.branch} holds commits of somebody else, so it is left as it is.`;
      return result({ verdict: 'Proposed', message, commit: published.commit, moved: false });
    }
    case 'forbidden':
      return { kind: 'proposed', result: { verdict: 'Held', message: denial } };
    case 'lost-race':
    case 'unknown':
      return published;
  }
}

function result(proposed: Omit<RevertResult, 'files'>): ProposeOutcome {
  return { kind: 'proposed', result: proposed };
}
