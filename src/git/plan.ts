/** Plans a revert: what the failed change did to a path is undone at the branch's head, or a reason why not. */
import { anyStillWanted } from './conflict.ts';
import type { Git } from './git.ts';
import { isAllowed } from './globs.ts';
import { changesTo, type NamedCommit, ownRevert, ownRevertsBetween, ownRevertsSince } from './history.ts';
import { asTree, graftResult, mergeTrees, prefixOf } from './merge.ts';
import {
  type Change,
  changesBetween,
  type Entry,
  entryAt,
  isAncestor,
  lastChange,
  submoduleMode,
  symlinkMode,
} from './objects.ts';
import type { GitPosition, RevertVerdict } from './port.ts';

export interface PlanRequest {
  /** The branch's head, fetched just now. */
  readonly tip: string;
  /** '' is the root of the repository. */
  readonly path: string;
  readonly good: GitPosition;
  readonly failed: GitPosition;
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
}

export interface NoRevert {
  readonly verdict: Exclude<RevertVerdict, 'Reverted' | 'Proposed'>;
  readonly message: string;
  readonly files: readonly string[];
  /** For AlreadyReverted: the commit that did it, where one can be named. */
  readonly commit?: string;
}

/** An hour in milliseconds, the window of `revertsPerHour`. */
const hourMs = 3_600_000;

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
  const earlier = await ownRevertsBetween(git, good.commit, tip);
  const done = earlier.find(revert => revert.rollbackId === request.rollbackId);
  if (done !== undefined) {
    const message = `This rollback is in the branch already, as ${short(done.commit)}.`;
    return { ...no('AlreadyReverted', message), commit: done.commit };
  }

  const [goodEntry, failedEntry, tipEntry] = await Promise.all([
    entryAt(git, good.commit, path),
    entryAt(git, failed.commit, path),
    entryAt(git, tip, path),
  ]);
  // Only a state that was promoted may come back, so the record must describe this very path.
  if (goodEntry !== undefined && goodEntry.object !== good.tree) {
    const message = `The recorded contents of ${where} are not those at ${short(good.commit)}; its path may have changed.`;
    return no('Held', message);
  }
  if (goodEntry?.object === failedEntry?.object) {
    return no('NotCausedByGit', `No commit changed ${where} between the promoted and the failed revision.`);
  }
  if (tipEntry === undefined) return no('Superseded', `${where} no longer exists at the head of the branch.`);
  if (tipEntry.object === goodEntry?.object) {
    const commit = await lastChange(git, tip, path);
    const message = `${where} is back at its promoted contents since ${short(commit)}.`;
    return { ...no('AlreadyReverted', message), commit };
  }
  if (goodEntry === undefined || failedEntry === undefined) {
    return no('Superseded', `${where} was added or removed as a whole by the change that failed.`);
  }
  // Reverting a revert would bring back the release that failed before it, and so on for ever.
  const own = await ownRevert(git, failed.commit);
  if (own !== undefined) {
    return no('Held', `The change that failed, ${short(own.commit)}, is itself a revert by Siskin.`);
  }

  const sides = await Promise.all([goodEntry, failedEntry, tipEntry].map(entry => asTree(git, entry)));
  const [theirs = '', base = '', ours = ''] = sides;
  const linkInTheWay = [goodEntry, failedEntry, tipEntry].some(isLink);
  const prefix = prefixOf(path, failedEntry);
  const touched = await changesBetween(git, base, theirs);
  const touchedFiles = touched.map(change => prefix + change.path);
  if (linkInTheWay || touched.some(changesLink)) {
    return no('ScopeViolation', `The change of ${where} holds symbolic links or submodules.`, touchedFiles);
  }
  if (new Set([goodEntry, failedEntry, tipEntry].map(entry => entry.type)).size > 1) {
    return no('Superseded', `${where} changed from a folder to a file or the other way round.`, touchedFiles);
  }

  const merged = await mergeTrees(git, { base, ours, theirs });
  if (merged.conflicts.length > 0) {
    const files = merged.conflicts.map(file => prefix + file);
    const wanted = await anyStillWanted(git, merged.conflicts, { base, ours, theirs });
    return wanted
      ? no('Conflict', `Later commits changed the same lines of ${list(files)}.`, files)
      : no('Superseded', `Later commits replaced what failed in ${list(files)}.`, files);
  }
  if (merged.tree === ours) {
    return no(
      'AlreadyReverted',
      `What failed in ${where} is undone at the head of the branch.`,
      touchedFiles,
    );
  }

  const tree = await graftResult(git, tip, path, tipEntry, merged.tree);
  const changes = await changesBetween(git, tip, tree);
  const files = changes.map(change => change.path);
  const violation = scopeViolation(request, changes, touchedFiles);
  if (violation !== undefined) return no('ScopeViolation', violation, files);

  const recent = await ownRevertsSince(git, tip, request.now - hourMs);
  if (recent.length >= request.limits.revertsPerHour) {
    const message = `The branch has ${recent.length} reverts of the last hour; the limit is ${request.limits.revertsPerHour}.`;
    return no('Held', message, files);
  }
  const undone = await changesTo(git, good.commit, failed.commit, path);
  return { verdict: 'Reverted', message: `Undid ${count(files)} in ${where}.`, tree, files, undone };
}

/** Looks at the computed difference, not at the request: the last word on what may be written. */
function scopeViolation(
  request: PlanRequest,
  changes: readonly Change[],
  touched: readonly string[],
): string | undefined {
  const outside = changes.find(
    change => !isAllowed(request.allowedPaths, change.path) || !touched.includes(change.path),
  );
  if (outside !== undefined)
    return `The revert would change ${outside.path}, which is outside of the allowed paths.`;
  if (changes.some(changesLink)) return 'The revert would change symbolic links or submodules.';
  const { maxFiles } = request.limits;
  if (changes.length > maxFiles)
    return `The revert would change ${count(changes)}; the limit is ${maxFiles}.`;
  return undefined;
}

function changesLink(change: Change): boolean {
  return [change.from?.mode, change.to?.mode].some(mode => mode === symlinkMode || mode === submoduleMode);
}

function isLink(entry: Entry): boolean {
  return entry.mode === symlinkMode || entry.mode === submoduleMode;
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
