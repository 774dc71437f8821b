/** Puts a tree on a branch of ours, for a pull request: made where it is missing, brought up to date by a merge, never forced. */
import { commitTree } from './commit-tree.ts';
import type { Git } from './git.ts';
import { mergeTrees } from './merge.ts';
import { fetchIfThere } from './mirror.ts';
import { entryAt, isAncestor } from './objects.ts';
import type { GitError, RepositoryAccess } from './port.ts';
import { pushCommit } from './push.ts';
import type { Signer } from './sign.ts';

export interface Publication {
  readonly repository: Pick<RepositoryAccess, 'name' | 'commit'>;
  /** The branch that the pull request is for, and its head as it was fetched just now. */
  readonly base: { readonly branch: string; readonly tip: string };
  /** The branch of ours. */
  readonly branch: string;
  /** The root tree that a merge of the branch is to give. */
  readonly tree: string;
  /** The first commit, made on the base's head; its message holds the trailer. */
  readonly commit: string;
  /** The message of a commit that brings the branch up to date, with the trailer; one that says just that when absent. */
  readonly message?: string;
  /** By what a commit of ours is known: each on the branch has it. */
  readonly trailer: { readonly key: string; readonly value: string };
  /** Author and committer date of a merge, ms since the epoch. */
  readonly date: number;
  /** What it is about: '' is everything. */
  readonly path: string;
  /** `Needed`: where the base has moved below `path`, or merging the branch as it is would give another tree. `Always`: whenever the base has moved. */
  readonly refresh: 'Needed' | 'Always';
  readonly mayPush: () => Promise<{ readonly allowed: boolean }>;
}

export type Published =
  /** `commit` is the branch's tip now; `moved` where it was not before. */
  | { readonly kind: 'there'; readonly commit: string; readonly moved: boolean }
  /** Somebody else's commits are on the branch, which is left alone. */
  | { readonly kind: 'foreign'; readonly commit: string }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'lost-race' }
  | { readonly kind: 'unknown'; readonly error: GitError };

export interface PublishDependencies {
  readonly git: Git;
  readonly fetchTimeoutMs: number;
  readonly pushTimeoutMs: number;
  /** Undefined where commits are not signed. */
  readonly sign: Signer | undefined;
}

/** Pushes at most once. Rejects with `GitError` where the branch cannot be read, or the push is declined. */
export async function publish(
  { git, fetchTimeoutMs, pushTimeoutMs, sign }: PublishDependencies,
  publication: Publication,
): Promise<Published> {
  const { repository, base, branch, tree, trailer } = publication;
  const old = await fetchIfThere(git, branch, fetchTimeoutMs);
  if (old !== undefined && !(await isOurs(git, base.tip, old, trailer)))
    return { kind: 'foreign', commit: old };
  if (old !== undefined && !(await isOutdated(git, old, publication)))
    return { kind: 'there', commit: old, moved: false };
  if (!(await publication.mayPush()).allowed)
    return old === undefined ? { kind: 'forbidden' } : { kind: 'there', commit: old, moved: false };
  const commit =
    old === undefined
      ? publication.commit
      : await commitTree(git, {
          tree,
          // A fast-forward of the branch that holds the base: no history is taken from those who review it.
          parents: (await isAncestor(git, base.tip, old)) ? [old] : [old, base.tip],
          message:
            publication.message ??
            `Bring ${branch} up to date with ${base.branch}\n\n${trailer.key}: ${trailer.value}\n`,
          identity: repository.commit,
          date: publication.date,
          sign,
        });
  const outcome = await pushCommit(git, {
    repository: repository.name,
    branch,
    expected: old,
    commit,
    timeoutMs: pushTimeoutMs,
  });
  return outcome.kind === 'pushed' ? { kind: 'there', commit, moved: true } : outcome;
}

/** Whether every commit that the branch has and the base has not carries the trailer. */
async function isOurs(
  git: Git,
  tip: string,
  old: string,
  { key, value }: Publication['trailer'],
): Promise<boolean> {
  const format = `--format=%(trailers:key=${key},valueonly,separator=%x2C)`;
  const log = await git(['log', format, '-n', '1000', `${tip}..${old}`, '--']);
  return log.text === ''
    ? await isAncestor(git, old, tip)
    : log.text.split('\n').every(line => line.trim() === value);
}

async function isOutdated(
  git: Git,
  old: string,
  { base, tree, path, refresh }: Publication,
): Promise<boolean> {
  const theirs = await treeOf(git, old);
  if (await isAncestor(git, base.tip, old)) return theirs !== tree;
  if (refresh === 'Always') return true;
  const from = await git(['merge-base', base.tip, old], { codes: [0, 1] });
  if (from.code !== 0) return true;
  const forked = from.text.split('\n')[0] ?? '';
  const [before, now] = await Promise.all([entryAt(git, forked, path), entryAt(git, base.tip, path)]);
  if (before?.object !== now?.object) return true;
  const merged = await mergeTrees(git, {
    base: await treeOf(git, forked),
    ours: await treeOf(git, base.tip),
    theirs,
  });
  return merged.conflicts.length > 0 || merged.tree !== tree;
}

async function treeOf(git: Git, commit: string): Promise<string> {
  return (await entryAt(git, commit, ''))?.object ?? '';
}
