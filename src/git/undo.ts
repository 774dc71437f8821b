/** Takes changes back one after the other, the youngest first: each a three-way merge, with a choice for what stands in the way. */
import { filesStillWanted } from './conflict.ts';
import type { Git } from './git.ts';
import { mergeTrees } from './merge.ts';
import { changesBetween, changesLink, entryAt } from './objects.ts';

/** One change to take back: the trees after it and before it. */
export interface Step {
  readonly after: string;
  readonly before: string;
}

export type Undone =
  | {
      readonly kind: 'undone';
      readonly tree: string;
      /** Every file that the changes changed: what the result may differ in. */
      readonly touched: readonly string[];
      /** Files in which later edits are lost, since they stood in the way. */
      readonly restored: readonly string[];
    }
  /** The files still hold what failed. */
  | { readonly kind: 'conflict'; readonly files: readonly string[] }
  /** What failed was replaced in them since. */
  | { readonly kind: 'superseded'; readonly files: readonly string[] }
  | { readonly kind: 'links'; readonly files: readonly string[] };

export interface UndoRequest {
  /** All trees are of the same folder; file names are relative to it. */
  readonly ours: string;
  readonly steps: readonly Step[];
  /** Lets what was before the change win over later edits which stand in the way. */
  readonly restore: boolean;
  /** Whether the file is the workload's own: where it was replaced since, nothing at all is undone. */
  readonly owns: (file: string) => boolean;
}

export async function undo(git: Git, { steps, restore, owns, ...request }: UndoRequest): Promise<Undone> {
  const touched = new Set<string>();
  const restored = new Set<string>();
  let { ours } = request;
  for (const { after, before } of steps) {
    const changes = await changesBetween(git, after, before);
    const files = changes.map(change => change.path);
    if (changes.some(changesLink)) return { kind: 'links', files };
    for (const file of files) touched.add(file);
    const { tree, conflicts } = await mergeTrees(git, { base: after, ours, theirs: before });
    if (conflicts.length === 0) {
      // Git may guess that a file was moved and change it under its new name; a guess is for people to confirm.
      const guessed = (await changesBetween(git, ours, tree)).filter(({ path }) => !touched.has(path));
      if (guessed.length > 0) return { kind: 'conflict', files: guessed.map(({ path }) => path) };
      ours = tree;
      continue;
    }
    const wanted = await filesStillWanted(git, {
      conflicts,
      changed: files,
      base: after,
      ours,
      theirs: before,
    });
    if (wanted.length === 0 && conflicts.some(owns)) return { kind: 'superseded', files: conflicts };
    // A name that the change does not know comes from a file where a folder was, or from one that was moved.
    const settled = restore && [...conflicts, ...wanted].every(file => files.includes(file));
    if (wanted.length > 0 && !settled)
      return { kind: 'conflict', files: [...new Set([...conflicts, ...wanted])] };
    const lost = conflicts.filter(file => owns(file) || wanted.includes(file));
    const kept = conflicts.filter(file => !lost.includes(file));
    const present = ours;
    ours = await withFiles(git, tree, [
      ...lost.map(file => ({ file, source: before })),
      ...kept.map(file => ({ file, source: present })),
    ]);
    for (const file of lost) restored.add(file);
  }
  return { kind: 'undone', tree: ours, touched: [...touched], restored: [...restored] };
}

/** `tree` with each file as it is in the source tree, where it may be missing. */
async function withFiles(
  git: Git,
  tree: string,
  files: readonly { readonly file: string; readonly source: string }[],
): Promise<string> {
  const lines = await Promise.all(
    files.map(async ({ file, source }) => {
      const entry = await entryAt(git, source, file);
      const content = entry === undefined ? `0 ${'0'.repeat(tree.length)}` : `${entry.mode} ${entry.object}`;
      return `${content}\t${file}\0`;
    }),
  );
  // The mirror's own index, which nothing else uses; read-tree forgets what was in it.
  await git(['read-tree', tree]);
  await git(['update-index', '-z', '--index-info'], { input: lines.join('') });
  return (await git(['write-tree', '--missing-ok'])).text;
}
