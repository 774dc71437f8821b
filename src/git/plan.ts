/** Plans a revert: what the failed change did to a path is undone at the branch's head, or a reason why not. */
import type { Git } from './git.ts';
import {
  changesTo,
  type NamedCommit,
  ownRevert,
  ownRevertsBetween,
  ownRevertsOfLastHour,
} from './history.ts';
import { asTree, graftResult, prefixOf } from './merge.ts';
import {
  changesBetween,
  type Entry,
  isAncestor,
  isLink,
  lastChange,
  pathOfObject,
  rootTree,
} from './objects.ts';
import type { GitPosition, RevertVerdict } from './port.ts';
import { scopeViolation } from './scope.ts';
import { promotedPaths, type ScopePaths, scopeAt, scopePaths, withChanges } from './scope-tree.ts';
import { type Step, type Undone, undo } from './undo.ts';

export interface PlanRequest {
  /** The branch's head, fetched just now. */
  readonly tip: string;
  /** '' is the root of the repository. */
  readonly path: string;
  readonly good: GitPosition;
  readonly failed: GitPosition;
  /** `Paths` undoes what changed below `path`; `Commit` undoes the commits that changed it as a whole. */
  readonly scope: 'Paths' | 'Commit';
  /** Where later edits stand in the way: a Conflict, or else what was promoted comes back over them. */
  readonly onConflict: 'Hold' | 'Restore';
  readonly rollbackId: string;
  readonly allowedPaths: readonly string[];
  readonly limits: { readonly revertsPerHour: number; readonly maxFiles: number };
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface RevertPlan {
  readonly verdict: 'Reverted';
  readonly message: string;
  /** The root tree of the commit to make on top of `tip`. */
  readonly tree: string;
  readonly files: readonly string[];
  /** The commits that are undone, youngest first. */
  readonly undone: readonly NamedCommit[];
  /** Files whose later edits are lost; empty where nothing stood in the way. */
  readonly restored: readonly string[];
}

export interface NoRevert {
  readonly verdict: Exclude<RevertVerdict, 'Reverted' | 'Proposed'>;
  readonly message: string;
  readonly files: readonly string[];
  /** For AlreadyReverted: the commit that did it, where one can be named. */
  readonly commit?: string;
}

/** Undoing whole commits takes a merge of the whole repository for each. */
const mostWhole = 20;

/** Writes objects into the mirror, moves no ref and talks to the server only to load the blobs that must be merged. */
export async function planRevert(git: Git, request: PlanRequest): Promise<RevertPlan | NoRevert> {
  const { tip, path, good, failed } = request;
  const where = path === '' ? 'the repository' : path;
  const no = (verdict: NoRevert['verdict'], message: string, files: readonly string[] = []): NoRevert => ({
    verdict,
    message,
    files,
  });

  // The path's own commits, not the heads: a force push that dropped only other people's work changes nothing here.
  if (!(await isAncestor(git, failed.commit, tip)) || !(await isAncestor(git, good.commit, failed.commit))) {
    const message = `The history was rewritten: ${short(failed.commit)} or ${short(good.commit)} is no longer in it.`;
    return no('HistoryRewritten', message);
  }
  const earlier = [
    ...(await ownRevertsBetween(git, good.commit, failed.commit)),
    ...(await ownRevertsBetween(git, failed.commit, tip)),
  ];
  const done = earlier.find(revert => revert.rollbackId === request.rollbackId);
  if (done !== undefined) {
    const message = `This rollback is in the branch already, as ${short(done.commit)}.`;
    return { ...no('AlreadyReverted', message), commit: done.commit };
  }

  const paths = promotedPaths(path, { good, failed });
  const [goodEntry, failedEntry, tipEntry, promoted] = await Promise.all([
    scopeAt(git, good.commit, paths),
    scopeAt(git, failed.commit, paths),
    scopeAt(git, tip, paths),
    scopeAt(git, good.commit, scopePaths(path, good.also)),
  ]);
  // Only a state that was promoted may come back, so the record must describe these very paths.
  if (promoted !== undefined && promoted.object !== good.tree) {
    const message = `The recorded contents of ${where} are not those at ${short(good.commit)}; its path may have changed.`;
    return no('Held', message);
  }
  if (goodEntry?.object === failedEntry?.object) {
    return no('NotCausedByGit', `No commit changed ${where} between the promoted and the failed revision.`);
  }
  if (tipEntry === undefined) {
    const moved = failedEntry === undefined ? undefined : await pathOfObject(git, tip, failedEntry.object);
    return moved === undefined
      ? no('Superseded', `${where} no longer exists at the head of the branch.`)
      : no('Conflict', `${where} was moved to ${moved}, with the change that failed in it.`, [moved]);
  }
  if (tipEntry.object === goodEntry?.object) {
    const commit = await lastChange(git, tip, paths);
    const message = `${where} is back at its promoted contents since ${short(commit)}.`;
    return { ...no('AlreadyReverted', message), commit };
  }
  if (goodEntry === undefined || failedEntry === undefined) {
    return no('Superseded', `${where} was added or removed as a whole by the change that failed.`);
  }
  // Reverting a revert would bring back the release that failed before it, and so on for ever.
  if ((await ownRevert(git, failed.commit)) !== undefined) {
    return no('Held', `The change that failed, ${short(failed.commit)}, is itself a revert by Siskin.`);
  }

  const entries = [goodEntry, failedEntry, tipEntry] as const;
  const prefix = paths.length > 1 ? '' : prefixOf(path, failedEntry);
  const [before = '', after = '', ours = ''] = await Promise.all(entries.map(entry => asTree(git, entry)));
  const ownFiles = await changesBetween(git, after, before);
  const own = ownFiles.map(change => prefix + change.path);
  const links = `The change of ${where} holds symbolic links or submodules.`;
  if (entries.some(isLink)) return no('ScopeViolation', links, own);
  if (new Set(entries.map(entry => entry.type)).size > 1) {
    return no('Superseded', `${where} changed from a folder to a file or the other way round.`, own);
  }

  const undone = await changesTo(git, good.commit, failed.commit, paths);
  const restore = request.onConflict === 'Restore';
  let result: Undone;
  if (request.scope === 'Paths') {
    const found = await undo(git, { ours, steps: [{ after, before }], restore, owns: () => true });
    result = await atRoot(git, found, { tip, paths, prefix, tipEntry, ours });
  } else {
    if (undone.length > mostWhole) {
      return no('Held', `More than ${mostWhole} commits would have to be undone as a whole.`, own);
    }
    const steps: Step[] = [];
    for (const { commit } of undone)
      steps.push({ after: await rootTree(git, commit), before: await rootTree(git, `${commit}^1`) });
    const inside = new Set(own);
    const whole = await rootTree(git, tip);
    result = await undo(git, { ours: whole, steps, restore, owns: file => inside.has(file) });
  }
  if (result.kind === 'superseded')
    return no('Superseded', `Later commits replaced what failed in ${list(result.files)}.`, result.files);
  if (result.kind === 'conflict')
    return no('Conflict', `Later commits changed the same lines of ${list(result.files)}.`, result.files);
  if (result.kind === 'links') return no('ScopeViolation', links, result.files);

  const { tree, touched, restored } = result;
  const changes = await changesBetween(git, tip, tree);
  const files = changes.map(change => change.path);
  if (files.length === 0)
    return no('AlreadyReverted', `What failed in ${where} is undone at the head of the branch.`, own);
  const promised = ownFiles.map(({ path: file, from, to }) => ({ path: prefix + file, from, to }));
  const violation = scopeViolation(request, { changes, touched, promised });
  if (violation !== undefined) return no('ScopeViolation', violation, files);

  const recent = await ownRevertsOfLastHour(git, tip, request.now);
  if (recent.length >= request.limits.revertsPerHour) {
    const message = `The branch has ${recent.length} reverts of the last hour; the limit is ${request.limits.revertsPerHour}.`;
    return no('Held', message, files);
  }
  const lost = restored.length === 0 ? '' : ` Later edits of ${list(restored)} are lost with it.`;
  const message = `Undid ${count(files)} in ${where}.${lost}`;
  return { verdict: 'Reverted', message, tree, files, undone, restored };
}

/** What was undone in the path's own tree, seen from the root of the repository. */
async function atRoot(
  git: Git,
  found: Undone,
  at: {
    readonly tip: string;
    readonly paths: ScopePaths;
    readonly prefix: string;
    readonly tipEntry: Entry;
    /** The tree that was worked on. */
    readonly ours: string;
  },
): Promise<Undone> {
  const named = (files: readonly string[]): string[] => files.map(file => at.prefix + file);
  if (found.kind !== 'undone') return { kind: found.kind, files: named(found.files) };
  const [path, ...others] = at.paths;
  const tree =
    others.length === 0
      ? await graftResult(git, at.tip, path, at.tipEntry, found.tree)
      : await withChanges(git, at.tip, await changesBetween(git, at.ours, found.tree));
  return { kind: 'undone', tree, touched: named(found.touched), restored: named(found.restored) };
}

function short(commit: string): string {
  return commit.slice(0, 12);
}

function count(files: readonly unknown[]): string {
  return files.length === 1 ? '1 file' : `${files.length} files`;
}

function list(files: readonly string[]): string {
  return files.length > 3 ? `${files.slice(0, 3).join(', ')} and ${files.length - 3} more` : files.join(', ');
}
