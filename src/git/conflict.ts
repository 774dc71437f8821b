/** Tells a conflict that a person must settle from one where later commits replaced what failed. */
import type { Git } from './git.ts';
import { entryAt } from './objects.ts';

/** Whether any conflicted file still carries the change that failed; then a person must decide. */
export async function anyStillWanted(
  git: Git,
  files: readonly string[],
  trees: { readonly base: string; readonly ours: string; readonly theirs: string },
): Promise<boolean> {
  const read = async (tree: string, file: string): Promise<string | undefined> => {
    const entry = await entryAt(git, tree, file);
    if (entry === undefined) return undefined;
    return (await git(['cat-file', entry.type, entry.object], { network: true })).stdout.toString('latin1');
  };
  for (const file of files) {
    const [good, failed, ours] = await Promise.all([
      read(trees.theirs, file),
      read(trees.base, file),
      read(trees.ours, file),
    ]);
    if (stillWanted({ good, failed, ours })) return true;
  }
  return false;
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
  const added = [...failed].filter(([line, count]) => count > (good.get(line) ?? 0)).map(([line]) => line);
  if (added.length > 0) return added.some(line => (ours.get(line) ?? 0) > (good.get(line) ?? 0));
  return [...good].every(
    ([line, count]) => count <= (failed.get(line) ?? 0) || (ours.get(line) ?? 0) < count,
  );
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
