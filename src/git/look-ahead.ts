/** Asks all at once what planning asks one by one, while the server is waited for; the answers are remembered (recall.ts). */
import { loadBlobs } from './blobs.ts';
import type { Git } from './git.ts';
import { changesTo, ownRevert, ownRevertsBetween, ownRevertsOfLastHour } from './history.ts';
import { asTree } from './merge.ts';
import { changesBetween, entriesAbove, isAncestor } from './objects.ts';
import type { RevertRequest } from './port.ts';
import { promotedPaths, type ScopePaths, scopeAt, scopePaths } from './scope-tree.ts';

type Ahead = Pick<RevertRequest, 'path' | 'good' | 'failed'>;

/**
 * The part that no head of the branch changes. Loads the contents that the failed change replaced and those it put there:
 * the push packs the former as a difference to the latter, and would ask for both on a connection of its own. Answers
 * whether the mirror knew the commits; planning finds every problem itself.
 */
export async function lookBack(git: Git, { path, good, failed }: Ahead, timeoutMs: number): Promise<boolean> {
  try {
    if (!(await isAncestor(git, good.commit, failed.commit))) return false;
    const paths = promotedPaths(path, { good, failed });
    // Each to its end, so that nothing works in the mirror any more when this is over.
    const asked = await Promise.allSettled([
      changesTo(git, good.commit, failed.commit, paths),
      ownRevert(git, failed.commit),
      ownRevertsBetween(git, good.commit, failed.commit),
      scopeAt(git, good.commit, scopePaths(path, good.also)),
      loadReplaced(git, { good: good.commit, failed: failed.commit, paths }, timeoutMs),
    ]);
    return asked.every(({ status }) => status === 'fulfilled');
  } catch {
    return false;
  }
}

async function loadReplaced(
  git: Git,
  at: { readonly good: string; readonly failed: string; readonly paths: ScopePaths },
  timeoutMs: number,
): Promise<void> {
  const entries = await Promise.all([scopeAt(git, at.good, at.paths), scopeAt(git, at.failed, at.paths)]);
  const [before, after] = await Promise.all(entries.map(async entry => entry && asTree(git, entry)));
  if (before === undefined || after === undefined) return;
  const changes = await changesBetween(git, after, before);
  const blobs = changes.flatMap(({ from, to }) => [from?.object, to?.object]);
  await loadBlobs(git, [...new Set(blobs.filter(blob => blob !== undefined))], timeoutMs);
}

/** The part that this head decides. */
export async function lookAt(
  git: Git,
  tip: string,
  { path, good, failed }: Ahead,
  now: number,
): Promise<void> {
  const paths = promotedPaths(path, { good, failed });
  await Promise.allSettled([
    isAncestor(git, failed.commit, tip),
    ownRevertsBetween(git, failed.commit, tip),
    scopeAt(git, tip, paths),
    ownRevertsOfLastHour(git, tip, now),
    entriesAbove(git, tip, path),
  ]);
}
