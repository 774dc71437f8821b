/** Undoes a change by a three-way merge of trees in the object database: no checkout, no index, no work tree. */
import type { Git } from './git.ts';
import { type Entry, entriesAbove, entriesOf, makeTree, makeTrees } from './objects.ts';
import { treeName } from './tree-name.ts';

/** Makes objects that depend on nothing but their content, so that a second try finds them there. */
const nobody: Readonly<Record<string, string>> = {
  GIT_AUTHOR_NAME: 'none',
  GIT_AUTHOR_EMAIL: 'none',
  GIT_AUTHOR_DATE: '@0 +0000',
  GIT_COMMITTER_NAME: 'none',
  GIT_COMMITTER_EMAIL: 'none',
  GIT_COMMITTER_DATE: '@0 +0000',
};

/**
 * Merges `theirs` into `ours` as seen from `base`, all tree objects. `conflicts` names the files, relative to the
 * trees, that changed on both sides in the same place. Loads only the blobs which differ on both sides.
 */
export async function mergeTrees(
  git: Git,
  trees: { readonly base: string; readonly ours: string; readonly theirs: string },
): Promise<{ readonly tree: string; readonly conflicts: readonly string[] }> {
  // The usual case: nobody touched the path since, and nothing has to be merged or loaded.
  if (trees.ours === trees.base) return { tree: trees.theirs, conflicts: [] };
  // merge-tree takes the merge base from history and learned --merge-base only in git 2.40.
  const commit = async (tree: string, parents: readonly string[]): Promise<string> =>
    (
      await git(['commit-tree', ...parents.flatMap(parent => ['-p', parent]), '-m', 'x', tree], {
        environment: nobody,
      })
    ).text;
  const base = await commit(trees.base, []);
  const ours = await commit(trees.ours, [base]);
  const theirs = await commit(trees.theirs, [base]);
  const merge = await git(
    ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs],
    {
      codes: [0, 1],
      network: true,
    },
  );
  const [tree = '', ...files] = merge.text.split('\0');
  return { tree, conflicts: merge.code === 0 ? [] : [...new Set(files.filter(file => file !== ''))] };
}

/** The root tree of `root`, a commit or a tree, with the object at `path` replaced; the folders above `path` exist in it. */
export async function graft(git: Git, root: string, path: string, entry: Entry): Promise<string> {
  const above = await entriesAbove(git, root, path);
  const names = path.split('/');
  const trees: Entry[][] = [];
  let inner = entry;
  for (const [depth, entries] of [...above.entries()].toReversed()) {
    const name = names[depth] ?? '';
    const tree = [...entries.filter(candidate => candidate.name !== name), { ...inner, name }];
    trees.push(tree);
    inner = { mode: '040000', type: 'tree', name: '', object: treeName(tree) };
  }
  await makeTrees(git, trees);
  return inner.object;
}

/** A single file is merged as the only entry of a tree. */
export async function asTree(git: Git, entry: Entry): Promise<string> {
  if (entry.type === 'tree') return entry.object;
  return makeTree(git, [{ ...entry, name: lastSegment(entry.name) }]);
}

/** The root tree of `tip` with what `asTree` made of the path's entry replaced by `merged`. */
export async function graftResult(
  git: Git,
  tip: string,
  path: string,
  tipEntry: Entry,
  merged: string,
): Promise<string> {
  if (tipEntry.type === 'tree') return graft(git, tip, path, { ...tipEntry, object: merged });
  const [file] = await entriesOf(git, merged);
  return graft(git, tip, path, file ?? tipEntry);
}

/** What stands before the names in such a tree. */
export function prefixOf(path: string, entry: Entry): string {
  if (entry.type === 'tree') return path === '' ? '' : `${path}/`;
  return path.slice(0, path.length - lastSegment(path).length);
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
