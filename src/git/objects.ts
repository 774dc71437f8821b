/** Reads trees, diffs and ancestry from the mirror's object database without loading a blob. */
import type { Git } from './git.ts';
import { GitError } from './port.ts';

/** One entry of a tree. */
export interface Entry {
  readonly mode: string;
  readonly type: string;
  readonly object: string;
  readonly name: string;
}

/** One changed file between two trees; a side is undefined where the file does not exist there. */
export interface Change {
  readonly path: string;
  readonly from: { readonly mode: string; readonly object: string } | undefined;
  readonly to: { readonly mode: string; readonly object: string } | undefined;
}

const symlinkMode = '120000';
const submoduleMode = '160000';

/** The root tree of a commit, or of its first parent where the name ends in `^1`. */
export async function rootTree(git: Git, commit: string): Promise<string> {
  return (await git(['rev-parse', '--verify', '--end-of-options', `${commit}^{tree}`])).text;
}

/** The entry of `path` in a commit, or undefined; '' is the root tree. */
export async function entryAt(git: Git, commit: string, path: string): Promise<Entry | undefined> {
  if (path === '') return { mode: '040000', type: 'tree', object: await rootTree(git, commit), name: '' };
  const listed = await git(['ls-tree', '-z', '--full-tree', commit, '--', path]);
  return parseEntries(listed.text).find(entry => entry.name === path);
}

/** The direct entries of a tree, of a commit's root tree, or of a folder of either (`object:folder`). */
export async function entriesOf(git: Git, tree: string): Promise<Entry[]> {
  return parseEntries((await git(['ls-tree', '-z', tree])).text);
}

/**
 * The entries of every tree that a change of `path` makes anew, from the root down: one list for each folder above it, which
 * all exist, and none for the root itself (''). Asked by one command.
 */
export async function entriesAbove(git: Git, root: string, path: string): Promise<Entry[][]> {
  if (path === '') return [];
  const names = path.split('/').slice(0, -1);
  const folders = names.map((_, depth) => `${names.slice(0, depth + 1).join('/')}/`);
  const listed = await git(['ls-tree', '-t', '-z', '--full-tree', root, '--', '.', ...folders]);
  const entries = Map.groupBy(parseEntries(listed.text), ({ name }) =>
    name.slice(0, name.lastIndexOf('/') + 1),
  );
  return ['', ...folders].map(folder =>
    (entries.get(folder) ?? []).map(entry => ({ ...entry, name: entry.name.slice(folder.length) })),
  );
}

function parseEntries(output: string): Entry[] {
  const entries: Entry[] = [];
  for (const line of output.split('\0')) {
    const match = /^(\d{6}) (\w+) ([0-9a-f]+)\t(.*)$/su.exec(line);
    const [, mode, type, object, name] = match ?? [];
    if (mode === undefined || type === undefined || object === undefined || name === undefined) continue;
    entries.push({ mode, type, object, name });
  }
  return entries;
}

/** A tree object of these entries; blobs need not be in the mirror. */
export async function makeTree(git: Git, entries: readonly Entry[]): Promise<string> {
  return (await git(['mktree', '-z', '--missing'], { input: linesOf(entries) })).text;
}

/** Several tree objects, none of them empty, by one command. */
export async function makeTrees(git: Git, trees: readonly (readonly Entry[])[]): Promise<void> {
  if (trees.length === 0) return;
  await git(['mktree', '-z', '--missing', '--batch'], { input: trees.map(linesOf).join('\0') });
}

function linesOf(entries: readonly Entry[]): string {
  return entries.map(entry => `${entry.mode} ${entry.type} ${entry.object}\t${entry.name}\0`).join('');
}

/** All files that differ, paths relative to the two trees, renames not guessed. */
export async function changesBetween(git: Git, from: string, to: string): Promise<Change[]> {
  const diff = await git(['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', from, to]);
  const changes: Change[] = [];
  const fields = diff.text.split('\0');
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const match = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) \w/u.exec(fields[i] ?? '');
    const [, fromMode, toMode, fromObject, toObject] = match ?? [];
    const path = fields[i + 1];
    if (fromMode === undefined || toMode === undefined || path === undefined) continue;
    changes.push({ path, from: side(fromMode, fromObject), to: side(toMode, toObject) });
  }
  return changes;
}

function side(mode: string, object = ''): { mode: string; object: string } | undefined {
  return mode === '000000' ? undefined : { mode, object };
}

/** Whether the mirror knows `ancestor` and it lies in the history of `commit`, which the mirror knows; asks no server. */
export async function isAncestor(git: Git, ancestor: string, commit: string): Promise<boolean> {
  try {
    return await isReachable(git, ancestor, commit);
  } catch (error) {
    if (error instanceof GitError && error.message.includes(`Not a valid commit name ${ancestor}`))
      return false;
    throw error;
  }
}

/** Whether `ancestor` lies in the history of `commit`; the mirror knows both. */
export async function isReachable(git: Git, ancestor: string, commit: string): Promise<boolean> {
  const answer = await git(['merge-base', '--is-ancestor', ancestor, commit], { codes: [0, 1] });
  return answer.code === 0;
}

/** The last commit on the branch's main line, at or before `commit`, that changed `path`. */
export async function lastChange(git: Git, commit: string, paths: readonly string[]): Promise<string> {
  const log = await git([
    'log',
    '-1',
    '--first-parent',
    '--format=%H',
    commit,
    '--',
    ...(paths.includes('') ? [] : paths),
  ]);
  return log.text === '' ? commit : log.text;
}

/** The newest commit of the first-parent line up to `tip` with a committer date not after `before` (ms); `tip` where all are newer. */
export async function newestBefore(git: Git, tip: string, before: number): Promise<string> {
  const seconds = Math.floor(before / 1_000);
  const found = await git(['rev-list', '-1', '--first-parent', `--before=${seconds} +0000`, tip]);
  return found.text === '' ? tip : found.text;
}

/** Whether a symbolic link or a submodule is on either side. */
export function changesLink(change: Change): boolean {
  return [change.from, change.to].some(side => side !== undefined && isLink(side));
}

export function isLink({ mode }: { readonly mode: string }): boolean {
  return mode === symlinkMode || mode === submoduleMode;
}

/** Another path at which `commit` has this very object, where there is one. */
export async function pathOfObject(git: Git, commit: string, object: string): Promise<string | undefined> {
  const listed = await git(['ls-tree', '-r', '-t', '-z', '--full-tree', commit]);
  for (const line of listed.text.split('\0')) {
    const tab = line.indexOf('\t');
    if (line.slice(0, tab).endsWith(` ${object}`)) return line.slice(tab + 1);
  }
  return undefined;
}
