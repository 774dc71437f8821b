/** Where a path stands in the history of a branch. */
import { gitError } from './errors.ts';
import type { Git } from './git.ts';
import { entryAt, isAncestor, lastChange, submoduleMode, symlinkMode } from './objects.ts';
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
  },
): Promise<GitPosition> {
  const { repository, path, tip } = at;
  const head = at.commit ?? tip;
  if (head !== tip && !(await isAncestor(git, head, tip))) {
    throw gitError('InvalidRequest', { repository, detail: `commit ${head} is not on branch ${at.branch}` });
  }
  const entry = await entryAt(git, head, path);
  if (entry === undefined) {
    throw gitError('PathMissing', { repository, detail: `${path} at ${head.slice(0, 12)} of ${at.branch}` });
  }
  if (entry.mode === symlinkMode || entry.mode === submoduleMode) {
    throw gitError('PathNotAllowed', { repository, detail: `${path} is a symbolic link or a submodule` });
  }
  return { head, commit: await lastChange(git, head, path), tree: entry.object };
}
