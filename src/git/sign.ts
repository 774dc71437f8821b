/** Signing of commits: which key a ManifestRepository names, and what the two kinds of keys have in common. */
import type { Clock } from '../runtime/port.ts';
import { gitError } from './errors.ts';
import type { GitError, RepositoryAccess } from './port.ts';
import { redactor } from './redact.ts';
import { signWithOpenPgp } from './sign-openpgp.ts';
import { signWithSsh } from './sign-ssh.ts';

/** Answers the armored signature of a commit object without one. Rejects with `GitError` `SigningFailed`. */
export type Signer = (commit: Buffer) => Promise<string>;

/** What both kinds need besides the key. */
export interface SigningTools {
  /** A folder for the time of one call. */
  readonly workDir: string;
  readonly clock: Clock;
  readonly searchPath: string;
  readonly timeoutMs: number;
  /** Makes the error of a failure; masks the key and its passphrase. */
  readonly fail: (detail: string) => GitError;
  readonly signal?: AbortSignal;
}

/** Values that no message may hold. */
const secretKeys = ['identity', 'git.asc', 'password', 'passphrase'] as const;

/** Undefined where commits are not signed. Nothing is read of the key before the first signature. */
export function signerFor(
  repository: RepositoryAccess,
  tools: Omit<SigningTools, 'fail'>,
): Signer | undefined {
  const { signing } = repository;
  if (signing === undefined) return undefined;
  const { secret } = signing;
  const redact = redactor(secretKeys.flatMap(key => secret[key]?.toString() ?? []));
  const fail = (detail: string): GitError =>
    gitError('SigningFailed', { repository: repository.name, detail, redact });
  const sign = signing.format === 'SSH' ? signWithSsh : signWithOpenPgp;
  return commit => sign(commit, secret, { ...tools, fail });
}
