/** Reads git's words and turns them into the port's error codes, each with a sentence that tells what to do. */
import { GitError, type GitErrorCode } from './port.ts';
import { oneLine, type Redact } from './redact.ts';

/** The most specific first: a refused key also ends in "the remote end hung up", which alone means the network. */
const patterns: readonly (readonly [GitErrorCode, RegExp])[] = [
  [
    'HostKeyMismatch',
    /host key verification failed|host key is known for|remote host identification has changed/iu,
  ],
  [
    'AuthenticationFailed',
    /could not read (username|password)|authentication failed|returned error: 40[137]|permission denied|permission to .* denied|access denied|invalid credentials|load key .*: /iu,
  ],
  [
    'CertificateInvalid',
    /certificate verification failed|ssl certificate problem|certificate verify|self[- ]signed certificate|error adding trust anchors|error setting certificate|certificate subject name|unable to get local issuer/iu,
  ],
  [
    'RepositoryMissing',
    /repository .*not found|returned error: (404|410|30\d)|does not appear to be a git repository|not valid: is this a git repository|unable to update url base from redirection/iu,
  ],
  ['BranchMissing', /couldn't find remote ref|remote branch .* not found/iu],
  [
    'Unreachable',
    /could not resolve (host|proxy|hostname)|failed to connect|couldn't connect|connection (refused|reset|timed out|closed)|no route to host|network is unreachable|returned error: (5\d\d|408|429)|rpc failed|early eof|unexpected disconnect|hung up|gnutls|ssl_(read|connect|error)|tls connection|openssl|empty reply|transfer closed|operation (timed out|too slow)|bad packet|protocol error|invalid index-pack output|could not fetch .* from promisor|could not read from remote/iu,
  ],
];

const advice: Readonly<Record<GitErrorCode, string>> = {
  AuthenticationFailed: 'the Git server refused the credentials; check the Secret that it references',
  HostKeyMismatch:
    "the server's SSH host key is not the one in known_hosts of its Secret; compare and update it",
  RepositoryMissing: 'the Git server knows no repository at its url, or hides it from these credentials',
  BranchMissing: 'its branch does not exist on the Git server',
  PathMissing: 'the path does not exist in it',
  PathNotAllowed: 'the path is outside of its allowed paths',
  InvalidRequest: 'the request is not valid',
  BranchProtected:
    'the Git server takes no push to the branch; allow its identity to push to it, or use mode Auto or PullRequest',
  PushRejected: 'the Git server declined the push; allow its identity to push to the branch',
  SigningFailed:
    'the commit cannot be signed; check the key and its passphrase in the Secret of spec.signing',
  CertificateInvalid:
    "the server's certificate is not signed by a trusted authority; check ca.crt in its Secret",
  Unreachable: 'the Git server cannot be reached',
  Timeout: 'the Git server did not answer in time',
  GitFailed: 'git failed',
};

/** Whether the same call may succeed later although nobody changes the repository object, the Secret or the server's rules. */
const passing: ReadonlySet<GitErrorCode> = new Set(['Unreachable', 'Timeout', 'GitFailed']);

/** The code for what git wrote to standard error (with `LC_ALL=C`). */
export function classify(stderr: string): GitErrorCode {
  return patterns.find(([, pattern]) => pattern.test(stderr))?.[0] ?? 'GitFailed';
}

/** The error for people: repository, what to do, and the end of git's own words without secrets. */
export function gitError(
  code: GitErrorCode,
  about: { readonly repository: string; readonly detail?: string; readonly redact?: Redact },
): GitError {
  const redact = about.redact ?? (text => text);
  // Redacted before it is cut or joined: a secret cut in half would no longer be recognised.
  const detail = oneLine(redact(lastWords(about.detail ?? '')), 400);
  const message = `ManifestRepository ${about.repository}: ${advice[code]}${detail === '' ? '' : ` (${detail})`}`;
  return new GitError(code, message, { transient: passing.has(code) });
}

function lastWords(text: string): string {
  return text
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('hint:'))
    .slice(-6)
    .join('\n');
}
