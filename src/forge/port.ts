/** The forge port: pull requests and commit statuses of the host that a manifests repository is on. */

/** The hosts, by their API; `Gitea` is Forgejo's too. */
export type ForgeProvider = 'Gitea' | 'GitHub' | 'GitLab' | 'Bitbucket' | 'Azure';

type Secret = Readonly<Record<string, Buffer>>;

/** What a call needs to know of a ManifestRepository. */
export interface ForgeAccess {
  /** Name of the ManifestRepository, for messages. */
  readonly name: string;
  /** URL of the repository, `https://` or `ssh://`. */
  readonly url: string;
  readonly provider: ForgeProvider;
  /** Base of the API; derived from the URL when absent. */
  readonly apiUrl?: string;
  /** Decoded Secret: `apiToken`, or what git uses: `username` and `password`, `bearerToken`, or the keys of a GitHub App; `ca.crt` (or `caFile`). */
  readonly secret: Secret;
}

export interface PullRequest {
  readonly number: number;
  /** For people. */
  readonly url: string;
  readonly state: 'Open' | 'Merged' | 'Closed';
  /** Tip of the source branch as the host knows it, a full object name or its beginning; '' where the host does not tell. */
  readonly head: string;
  /** What the merge made of the base branch, where the host tells. */
  readonly mergeCommit?: string;
}

export interface PullRequestText {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

export interface PullRequestDraft extends PullRequestText {
  /** The source branch; it has been pushed already. */
  readonly branch: string;
  readonly base: string;
  readonly labels: readonly string[];
  /** User names; teams and ids as each host knows them. */
  readonly reviewers: readonly string[];
}

export interface CommitStatus {
  readonly state: 'Pending' | 'Success' | 'Failure';
  /** What says so, such as `siskin/shop/checkout`. */
  readonly context: string;
  readonly description: string;
  readonly url?: string;
}

export type ForgeErrorCode =
  /** The host refuses the credentials. */
  | 'AuthenticationFailed'
  /** The credentials are known, and may not do this. */
  | 'Forbidden'
  | 'NotFound'
  | 'Conflict'
  /** The host declines what was asked for, such as an auto-merge that the repository does not offer. */
  | 'NotAllowed'
  | 'Rejected'
  | 'RateLimited'
  | 'Unreachable'
  | 'Timeout'
  | 'CertificateInvalid'
  | 'InvalidRequest';

/** What every method of the port rejects with. The message names the ManifestRepository and what to do, and holds no secret. */
export class ForgeError extends Error {
  readonly code: ForgeErrorCode;
  /** The same call may succeed later without anybody changing anything. */
  readonly transient: boolean;
  /** The host's own wish for the next try. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ForgeErrorCode,
    message: string,
    info: { readonly transient: boolean; readonly retryAfterMs?: number },
  ) {
    super(message);
    this.name = 'ForgeError';
    this.code = code;
    this.transient = info.transient;
    this.retryAfterMs = info.retryAfterMs;
  }
}

/** The port. Rejects with `ForgeError` and nothing else; every call may be repeated. */
export interface Forge {
  /** The Secret as git needs it: the keys of a GitHub App become a token for this repository alone, others stay as they are. */
  gitSecret(access: ForgeAccess): Promise<Secret>;
  /** The open pull request of that branch, else the newest other one. */
  find(
    access: ForgeAccess,
    at: { readonly branch: string; readonly base: string },
  ): Promise<PullRequest | undefined>;
  get(access: ForgeAccess, number: number): Promise<PullRequest>;
  /** Answers the open one where there is one already. What the host refuses of labels and reviewers is told in `notes`. */
  open(
    access: ForgeAccess,
    draft: PullRequestDraft,
  ): Promise<PullRequest & { readonly notes: readonly string[] }>;
  update(access: ForgeAccess, number: number, text: PullRequestText): Promise<void>;
  /** Comments why, and closes. One that is closed or merged already is left alone. */
  close(access: ForgeAccess, number: number, why: string): Promise<void>;
  /** Asks the host to merge as soon as its rules allow, if the source branch still is at `head`. `NotAllowed` where the host cannot. */
  autoMerge(access: ForgeAccess, number: number, head: string): Promise<void>;
  setStatus(access: ForgeAccess, commit: string, status: CommitStatus): Promise<void>;
}
