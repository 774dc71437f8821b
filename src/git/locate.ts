/** Where a path stands in the history of a branch. */
import { gitError } from './errors.ts';
import type { Git } from './git.ts';
import { isAncestor, isLink, lastChange, newestBefore } from './objects.ts';
import type { GitPosition } from './port.ts';
import { scopeAt, scopePaths } from './scope-tree.ts';

/** Rejects with `PathMissing`, `PathNotAllowed` (a link leads elsewhere) or `InvalidRequest` (commit not on the branch). */
export async function locatePath(
  git: Git,
  at: {
    readonly repository: string;
    readonly branch: string;
    readonly tip: string;
    readonly path: string;
    readonly also?: readonly string[];
    readonly commit?: string;
    readonly before?: number;
  },
): Promise<GitPosition> {
  const { repository, path } = at;
  const newest = await commitOnBranch(git, at);
  const head = at.before === undefined ? newest : await newestBefore(git, newest, at.before);
  const paths = scopePaths(path, at.also);
  const entry = await scopeAt(git, head, paths);
  if (entry === undefined) {
    throw gitError('PathMissing', { repository, detail: `${path} at ${head.slice(0, 12)} of ${at.branch}` });
  }
  if (isLink(entry)) {
    throw gitError('PathNotAllowed', { repository, detail: `${path} is a symbolic link or a submodule` });
  }
  return { head, commit: await lastChange(git, head, paths), tree: entry.object };
}

/** The commit that was asked for, or else the tip. Rejects with `InvalidRequest` where it is not on the branch. */
export async function commitOnBranch(
  git: Git,
  at: {
    readonly repository: string;
    readonly branch: string;
    readonly tip: string;
    readonly commit?: string;
  },
): Promise<string> {
  const { repository, tip, commit = tip } = at;
  if (commit !== tip && !(await isAncestor(git, commit, tip))) {
    throw gitError('InvalidRequest', {
      repository,
      detail: `commit ${commit} is not on branch ${at.branch}`,
    });
  }
  return commit;
}
