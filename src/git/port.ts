/** The Git port: where a path stands in the manifests repository, and the revert of what failed. */
import type { PromotionRequest, PromotionResult } from './promotion.ts';

/** The verdicts of a revert; each but `Proposed` is final for its request. */
export type RevertVerdict =
  | 'Reverted'
  /** It is on a branch of ours, for a pull request. */
  | 'Proposed'
  | 'AlreadyReverted'
  | 'Superseded'
  | 'Conflict'
  | 'NotCausedByGit'
  | 'HistoryRewritten'
  | 'ScopeViolation'
  | 'Held';

/** A place in a repository's history as Siskin recorded it. */
export interface GitPosition {
  /** Full object name of the branch head when it was looked at. */
  readonly head: string;
  /** The last commit at or before `head` that changed `path`. */
  readonly commit: string;
  /** The tree (or blob) object of `path` at `head`; with other paths, of a tree that holds nothing but all of them. */
  readonly tree: string;
  /** Other paths of the same application, outside of `path`. */
  readonly also?: readonly string[];
}

/** The ManifestRepository's spec as the Git adapter needs it; all defaults filled in. */
export interface RepositoryAccess {
  readonly name: string;
  readonly url: string;
  readonly branch: string;
  /** Globs of paths that may be changed. */
  readonly allowedPaths: readonly string[];
  /** Decoded Secret: `username` and `password`, or `bearerToken`, `ca.crt` (or `caFile`); or `identity`, `known_hosts`, `password` for SSH (Flux's key names). */
  readonly secret: Readonly<Record<string, Buffer>>;
  readonly commit: { readonly name: string; readonly email: string };
  /** Unset, commits are not signed. `identity` and `password` (or `passphrase`) for SSH; `git.asc` and `passphrase` for OpenPGP (Flux's key names). */
  readonly signing?: {
    readonly format: 'SSH' | 'OpenPGP';
    readonly secret: Readonly<Record<string, Buffer>>;
  };
  readonly limits: { readonly revertsPerHour: number; readonly maxFiles: number };
}

export interface RevertRequest {
  readonly repository: RepositoryAccess;
  readonly branch: string;
  /** Folder or file of the workload's manifests, relative to the repository's root. */
  readonly path: string;
  /** The position recorded when the revision now served was promoted. */
  readonly good: GitPosition;
  /** The position recorded at the start of the failed run. */
  readonly failed: GitPosition;
  readonly canary: { readonly namespace: string; readonly name: string };
  /** Deterministic id of this rollback; becomes the trailer `Rollback-Id`. */
  readonly rollbackId: string;
  readonly revision: string;
  /** The "why", unchanged; becomes the commit's body. */
  readonly reason: string;
  /** For the commit's body: what told the place of the failed change. */
  readonly evidence?: string;
  /** Time of the verdict, ms since the epoch: author and committer date, so that every replica makes the same commit. */
  readonly decidedAt: number;
  /** `Paths` undoes what changed below `path`; `Commit` undoes the commits that changed it as a whole. */
  readonly scope: 'Paths' | 'Commit';
  /** Where later edits stand in the way: `Hold` writes nothing (Conflict), `Restore` brings back what was promoted over them. */
  readonly onConflict: 'Hold' | 'Restore';
  /** DryRun plans and reports the diff, and pushes nothing; PullRequest pushes to the branch of `proposal`. */
  readonly mode: 'DryRun' | 'Commit' | 'PullRequest';
  readonly proposal?: {
    readonly branch: string;
    /** `Needed`: brought up to date where `path` has changed on the base since, or a merge would give something else than the revert. */
    readonly refresh: 'Needed' | 'Always';
  };
  /** Read right before the push; false holds the revert (suspend, breaker, limits). */
  readonly mayPush: () => Promise<
    { readonly allowed: true } | { readonly allowed: false; readonly why: string }
  >;
}

export interface RevertResult {
  readonly verdict: RevertVerdict;
  /** One sentence for people. */
  readonly message: string;
  /** The revert's object name; for AlreadyReverted the commit found, where there is one. For DryRun the planned commit. */
  readonly commit?: string;
  /** Paths that the plan changes, relative to the root. */
  readonly files: readonly string[];
  /** For Proposed: whether this call changed the branch. */
  readonly moved?: boolean;
}

export type GitErrorCode =
  | 'AuthenticationFailed'
  | 'HostKeyMismatch'
  | 'RepositoryMissing'
  | 'BranchMissing'
  | 'PathMissing'
  | 'PathNotAllowed'
  | 'InvalidRequest'
  | 'BranchProtected'
  | 'PushRejected'
  | 'SigningFailed'
  | 'CertificateInvalid'
  | 'Unreachable'
  | 'Timeout'
  | 'GitFailed';

/**
 * What both methods of the port reject with. The message names the ManifestRepository and what to do, and holds no
 * secret. `transient` says that the same call may succeed later without anybody changing anything.
 */
export class GitError extends Error {
  readonly code: GitErrorCode;
  readonly transient: boolean;

  constructor(code: GitErrorCode, message: string, options: { readonly transient: boolean }) {
    super(message);
    this.name = 'GitError';
    this.code = code;
    this.transient = options.transient;
  }
}

/** The files of one commit. Paths are relative to the root; links, submodules and paths that could lead out of the repository are as if they were not there. */
export interface CommitFiles {
  readonly commit: string;
  /** What is at each path, for those that are there. */
  kindsOf(paths: readonly string[]): Promise<ReadonlyMap<string, 'file' | 'folder'>>;
  /** Text of the files that are there, up to 1 MiB each; all of them in one request. */
  read(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Every file below the folders. */
  list(folders: readonly string[]): Promise<readonly string[]>;
}

/** The port. Rejects with `GitError`. Calls on one repository wait for one another. */
export interface GitRepository {
  /**
   * Where `path` stands at the head of `branch`; or, with `commit`, at that commit of the branch: the one which the
   * GitOps agent says it applied, which may be behind the head. `GitPosition.head` then is that commit. With `before`
   * (ms since the epoch), at the newest commit of the first-parent line up to there whose committer date is not later: a
   * look that comes late must not take what was pushed since for what was deployed.
   */
  locate(
    repository: RepositoryAccess,
    at: {
      readonly branch: string;
      readonly path: string;
      readonly also?: readonly string[];
      readonly commit?: string;
      readonly before?: number;
    },
  ): Promise<GitPosition>;
  revert(request: RevertRequest): Promise<RevertResult>;
  /** Lets `use` look into the files at the head of `branch`, or at the given commit of it. */
  browse<T>(
    repository: RepositoryAccess,
    at: { readonly branch: string; readonly commit?: string },
    use: (files: CommitFiles) => Promise<T>,
  ): Promise<T>;
  /** Writes a version into files of another environment, by at most one commit for each promotion. */
  promote(request: PromotionRequest): Promise<PromotionResult>;
}
