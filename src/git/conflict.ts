/** Tells a conflict that a person must settle from one where later commits replaced what failed. */
import type { Git } from './git.ts';
import { changesBetween, entryAt } from './objects.ts';

/** More new files than these are not searched for the contents of one that was moved. */
const mostNew = 50;

/** Which files still carry the change that failed: of the conflicted ones, and of those into which one was moved since. */
export async function filesStillWanted(
  git: Git,
  about: {
    readonly conflicts: readonly string[];
    /** Every file of the change. */
    readonly changed: readonly string[];
    readonly base: string;
    readonly ours: string;
    readonly theirs: string;
  },
): Promise<string[]> {
  const { base, ours, theirs } = about;
  const read = async (tree: string, file: string): Promise<string | undefined> => {
    const entry = await entryAt(git, tree, file);
    if (entry?.type !== 'blob') return undefined;
    return (await git(['cat-file', entry.type, entry.object], { network: true })).stdout.toString('latin1');
  };
  const since = await changesBetween(git, base, ours);
  const removed = new Set(since.filter(({ to }) => to === undefined).map(({ path }) => path));
  const added = since.filter(({ from }) => from === undefined).map(({ path }) => path);
  const wanted = new Set<string>();
  for (const file of about.changed) {
    const inConflict = about.conflicts.includes(file);
    if (!inConflict && !removed.has(file)) continue;
    const [good, failed, now] = await Promise.all([read(theirs, file), read(base, file), read(ours, file)]);
    if (inConflict && stillWanted({ good, failed, ours: now })) wanted.add(file);
    if (now !== undefined || failed === undefined || addedLines(good, failed).length === 0) continue;
    for (const name of added.slice(0, mostNew)) {
      const moved = await read(ours, name);
      if (moved !== undefined && stillWanted({ good, failed, ours: moved })) wanted.add(name);
    }
  }
  return [...wanted];
}

/**
 * Whether `ours` still holds something of what a failed change did to a file: a line that it added, or else the absence
 * of every line that it took away. Undefined content stands for a file that does not exist.
 */
function stillWanted(file: {
  readonly good: string | undefined;
  readonly failed: string | undefined;
  readonly ours: string | undefined;
}): boolean {
  if (file.ours === undefined || file.failed === undefined) return file.ours === file.failed;
  const good = countLines(file.good ?? '');
  const failed = countLines(file.failed);
  const ours = countLines(file.ours);
  const added = addedLines(file.good, file.failed);
  if (added.length > 0) return added.some(line => (ours.get(line) ?? 0) > (good.get(line) ?? 0));
  return [...good].every(
    ([line, count]) => count <= (failed.get(line) ?? 0) || (ours.get(line) ?? 0) < count,
  );
}

/** The lines that `failed` has more often than `good`. */
function addedLines(good: string | undefined, failed: string): string[] {
  const before = countLines(good ?? '');
  return [...countLines(failed)]
    .filter(([line, count]) => count > (before.get(line) ?? 0))
    .map(([line]) => line);
}

/** How often each line that says something occurs. */
function countLines(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const words = line.trim();
    if (words !== '') counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return counts;
}
