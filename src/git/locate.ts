/** Where a path stands in the history of a branch. */
import { gitError } from './errors.ts';
import type { Git } from './git.ts';
import { entryAt, isAncestor, isLink, lastChange, newestBefore } from './objects.ts';
import type { GitPosition } from './port.ts';

/** Rejects with `PathMissing`, `PathNotAllowed` (a link leads elsewhere) or `InvalidRequest` (commit not on the branch). */
export async function locatePath(
  git: Git,
  at: {
    readonly repository: string;
    readonly branch: string;
    readonly tip: string;
    readonly path: string;
    readonly commit?: string;
    readonly before?: number;
  },
): Promise<GitPosition> {
  const { repository, path, tip } = at;
  const newest = at.commit ?? tip;
  if (newest !== tip && !(await isAncestor(git, newest, tip))) {
    throw gitError('InvalidRequest', {
      repository,
      detail: `commit ${newest} is not on branch ${at.branch}`,
    });
  }
  const head = at.before === undefined ? newest : await newestBefore(git, newest, at.before);
  const entry = await entryAt(git, head, path);
  if (entry === undefined) {
    throw gitError('PathMissing', { repository, detail: `${path} at ${head.slice(0, 12)} of ${at.branch}` });
  }
  if (isLink(entry)) {
    throw gitError('PathNotAllowed', { repository, detail: `${path} is a symbolic link or a submodule` });
  }
  return { head, commit: await lastChange(git, head, path), tree: entry.object };
}
