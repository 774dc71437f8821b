/** Several paths of one application as one tree, so that what holds for a folder holds for all of them together. */
import type { Git } from './git.ts';
import { type Change, type Entry, entryAt, isLink, makeTree } from './objects.ts';

/** The first path is the workload's own; the others lie outside of it, and of one another. */
export type ScopePaths = readonly [string, ...string[]];

/** The paths, each at most once. */
export function scopePaths(path: string, also: readonly string[] = []): ScopePaths {
  return [path, ...new Set(also.filter(other => other !== path))];
}

/** What was shared then and is shared now: a base that the failed change brought in was never promoted. */
export function promotedPaths(
  path: string,
  { good, failed }: Record<'good' | 'failed', { readonly also?: readonly string[] }>,
): ScopePaths {
  return scopePaths(
    path,
    failed.also?.filter(other => good.also?.includes(other)),
  );
}

/**
 * The entry of the one path; of several, an entry at the root whose tree holds nothing but them. Undefined where the
 * workload's own path is not there; others may be missing.
 */
export async function scopeAt(git: Git, commit: string, paths: ScopePaths): Promise<Entry | undefined> {
  const [own, ...others] = paths;
  const entry = await entryAt(git, commit, own);
  // A link stays to be seen as one.
  if (entry === undefined || others.length === 0 || isLink(entry)) return entry;
  const held: Held = new Map();
  for (const path of paths) {
    const found = path === own ? entry : await entryAt(git, commit, path);
    if (found !== undefined) hold(held, path.split('/'), found);
  }
  return { mode: '040000', type: 'tree', name: '', object: await treeOf(git, held) };
}

type Held = Map<string, Entry | Held>;

function hold(held: Held, [first = '', ...rest]: readonly string[], entry: Entry): void {
  if (rest.length === 0) {
    held.set(first, { ...entry, name: first });
    return;
  }
  const known = held.get(first);
  const inner = known instanceof Map ? known : new Map<string, Entry | Held>();
  held.set(first, inner);
  hold(inner, rest, entry);
}

async function treeOf(git: Git, held: Held): Promise<string> {
  const entries: Entry[] = [];
  for (const [name, inner] of held) {
    if (inner instanceof Map)
      entries.push({ mode: '040000', type: 'tree', name, object: await treeOf(git, inner) });
    else entries.push(inner);
  }
  return makeTree(git, entries);
}

/** The root tree of `tip` with these changes in it, whose paths are relative to the root. */
export async function withChanges(git: Git, tip: string, changes: readonly Change[]): Promise<string> {
  const lines = changes.map(({ path, to }) => {
    const content = to === undefined ? `0 ${'0'.repeat(tip.length)}` : `${to.mode} ${to.object}`;
    return `${content}\t${path}\0`;
  });
  // The mirror's own index, which nothing else uses; read-tree forgets what was in it.
  await git(['read-tree', tip]);
  await git(['update-index', '-z', '--index-info'], { input: lines.join('') });
  return (await git(['write-tree', '--missing-ok'])).text;
}
