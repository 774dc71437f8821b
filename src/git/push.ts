/** Pushes one commit as a fast-forward of exactly the head it was made on, and tells a lost race from a refusal from an unknown outcome. */
import { gitError } from './errors.ts';
import type { Git } from './git.ts';
import { isReachable } from './objects.ts';
import type { Answer, OpenPush, Update } from './open-push.ts';
import { GitError } from './port.ts';

export type PushOutcome =
  | { readonly kind: 'pushed' }
  /** Somebody else moved the branch; nothing was written. */
  | { readonly kind: 'lost-race' }
  /** The connection broke: the commit may be on the server or not. */
  | { readonly kind: 'unknown'; readonly error: GitError };

/** Words of git's own client and server for a branch that moved between fetch and push, or at the same moment. */
const race =
  /fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|failed to lock|incorrect old value|reference already exists|is at [0-9a-f]+ but expected/iu;

/** Words of hosts and hooks for a branch that only some, or nobody, may push to: GitHub, GitLab, Gitea, Bitbucket, Azure, any hook. */
const protection =
  /GH006|GH013|protected branch|branch (is|are) protected|not allowed to push|TF402455|TF401027|hook declined|branch restriction|push declined|pull request/iu;

/**
 * A compare-and-swap of the branch from `expected` to `commit`, a descendant of it. The lease (git-push(1),
 * --force-with-lease) makes git compare: without it a push would also succeed where somebody took commits out of the branch
 * since the fetch, and bring them back. Nothing is forced, because whatever the lease lets through is a fast-forward.
 * Rejects with
 * `BranchProtected` where a rule or a hook declines it, with `PushRejected`, and with every error that shows that nothing was
 * written.
 */
export async function pushCommit(
  git: Git,
  push: {
    readonly repository: string;
    readonly branch: string;
    /** The head on which the commit was made; undefined where the branch is to be created. */
    readonly expected: string | undefined;
    readonly commit: string;
    readonly timeoutMs: number;
    /** The way to the server, where it is open already. */
    readonly open?: OpenPush | undefined;
  },
): Promise<PushOutcome> {
  const { repository, branch, expected, commit, timeoutMs, open } = push;
  // With a lease git would also push what is no fast-forward, so this is looked at here.
  if (expected !== undefined && !(await isReachable(git, expected, commit))) {
    throw gitError('GitFailed', { repository, detail: `${commit} does not stand on ${expected}` });
  }
  const update = { branch, expected: expected ?? '', commit };
  try {
    const answer = await (open === undefined ? pushAlone(git, update, timeoutMs) : open.send(update));
    if (answer.outcome === 'pushed') return { kind: 'pushed' };
    const said = `${answer.why}\n${answer.stderr}`;
    if (race.test(said)) return { kind: 'lost-race' };
    if (answer.outcome === 'refused') {
      const words = remoteWords(answer.stderr);
      throw gitError(protection.test(said) ? 'BranchProtected' : 'PushRejected', {
        repository,
        detail: `${answer.why}${words === '' ? '' : `: ${words}`}`,
      });
    }
    return { kind: 'unknown', error: gitError('Unreachable', { repository, detail: said }) };
  } catch (error) {
    if (error instanceof GitError && error.transient) return { kind: 'unknown', error };
    throw error;
  }
}

async function pushAlone(git: Git, { branch, expected, commit }: Update, timeoutMs: number): Promise<Answer> {
  const args = [
    'push',
    '--porcelain',
    '--no-verify',
    '--no-signed',
    '--recurse-submodules=no',
    `--force-with-lease=refs/heads/${branch}:${expected}`,
    '--end-of-options',
    'origin',
    `${commit}:refs/heads/${branch}`,
  ];
  // 1 is git's answer when the server refused the ref; the porcelain line then says why.
  const { code, text, stderr } = await git(args, { network: true, timeoutMs, codes: [0, 1] });
  const line = text.split('\n').find(candidate => candidate.startsWith('!')) ?? '';
  if (code === 0) return { outcome: 'pushed', why: '', stderr };
  // "remote failure", "no match": the server broke off before it reported.
  const refused = /\[rejected\]|\[remote rejected\]/u.test(line);
  return { outcome: refused ? 'refused' : 'unclear', why: refused ? reason(line) : line, stderr };
}

function reason(line: string): string {
  return /\(([^)]*)\)\s*$/u.exec(line)?.[1] ?? 'rejected';
}

/** What a hook printed: hosts explain protected branches there. */
function remoteWords(stderr: string): string {
  return stderr
    .split('\n')
    .filter(line => line.startsWith('remote:'))
    .map(line => line.slice('remote:'.length).trim())
    .filter(line => line !== '')
    .join('; ');
}
