/** Reads what commits say of themselves: subjects, and the trailers by which Siskin knows its own reverts. */
import type { Git } from './git.ts';

/** The trailer that marks a revert made by Siskin; its value is the id of the rollback. */
export const idTrailer = 'Rollback-Id';

export interface OwnRevert {
  readonly commit: string;
  readonly rollbackId: string;
  /** Milliseconds since the epoch. */
  readonly committedAt: number;
}

export interface NamedCommit {
  readonly commit: string;
  readonly subject: string;
}

/** An hour in milliseconds, the window of `revertsPerHour`. */
const hourMs = 3_600_000;
/** A history longer than this is read only at its young end. */
const mostCommits = 20_000;

/** git-interpret-trailers(1) rules: only the last paragraph of a message counts, so that quoted text never does. */
const format = `--format=%H %ct %(trailers:key=${idTrailer},valueonly,separator=%x2C)`;

/** The reverts by Siskin that `to` has and `from` has not. */
export async function ownRevertsBetween(git: Git, from: string, to: string): Promise<OwnRevert[]> {
  const log = await git(['log', format, '-n', String(mostCommits), `${from}..${to}`, '--']);
  return parseReverts(log.text);
}

/** The reverts by Siskin in the history of `commit` that were committed in the hour before `now`, in ms since the epoch. */
export async function ownRevertsOfLastHour(git: Git, commit: string, now: number): Promise<OwnRevert[]> {
  const since = now - hourMs;
  const seconds = Math.floor(since / 1000);
  const log = await git(['log', format, '-n', String(mostCommits), `--since=@${seconds}`, commit, '--']);
  return parseReverts(log.text).filter(revert => revert.committedAt > since);
}

/** The revert by Siskin which `commit` is, if it is one. */
export async function ownRevert(git: Git, commit: string): Promise<OwnRevert | undefined> {
  const log = await git(['log', '-1', format, commit, '--']);
  return parseReverts(log.text)[0];
}

function parseReverts(output: string): OwnRevert[] {
  const reverts: OwnRevert[] = [];
  for (const line of output.split('\n')) {
    const [, commit, seconds, rollbackId] = /^([0-9a-f]+) (\d+) (\S.*)$/u.exec(line) ?? [];
    if (commit === undefined || seconds === undefined || rollbackId === undefined) continue;
    reverts.push({ commit, rollbackId: rollbackId.trim(), committedAt: Number(seconds) * 1000 });
  }
  return reverts;
}

/** The commits of the main line which changed one of the paths after `from`, up to `to`, youngest first. */
export async function changesTo(
  git: Git,
  from: string,
  to: string,
  scope: readonly string[],
): Promise<NamedCommit[]> {
  const paths = scope.includes('') ? [] : scope;
  const log = await git([
    'log',
    '--first-parent',
    '--format=%H %s',
    '-n',
    '200',
    `${from}..${to}`,
    '--',
    ...paths,
  ]);
  const commits: NamedCommit[] = [];
  for (const line of log.text.split('\n')) {
    const [, commit, subject] = /^([0-9a-f]{40,64}) ?(.*)$/u.exec(line) ?? [];
    if (commit !== undefined) commits.push({ commit, subject: subject ?? '' });
  }
  return commits;
}
