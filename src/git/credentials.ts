/** Hands a Secret to git for the time of one call, such that it stands in no argument, URL, environment or named file. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitError } from './errors.ts';
import { nameless } from './nameless.ts';
import type { RepositoryAccess } from './port.ts';
import { type Redact, redactor } from './redact.ts';
import { openSshAccess } from './ssh.ts';
import type { RemoteUrl } from './validate.ts';

/** What a network command gets; `close` takes it all back. */
export interface Access {
  readonly config: readonly (readonly [string, string])[];
  readonly environment: Readonly<Record<string, string>>;
  /** Open descriptor of a file without a name, which holds the Authorization header as git configuration. */
  readonly headerFd?: number;
  readonly redact: Redact;
  close(): Promise<void>;
}

type Secret = RepositoryAccess['secret'];

/** Keys whose values never leave; `username`, `known_hosts`, `identity.pub` and certificates are no secrets. */
const secretKeys = ['password', 'bearerToken', 'identity'] as const;

/** Rejects with `InvalidRequest` when the Secret lacks or garbles what the URL's protocol needs. */
export async function openAccess(
  repository: RepositoryAccess,
  remote: RemoteUrl,
  workDir: string,
): Promise<Access> {
  const { secret } = repository;
  const refuse = (why: string): Error =>
    gitError('InvalidRequest', { repository: repository.name, detail: `its Secret ${why}` });
  const header = remote.protocol === 'https' ? authorization(secret, refuse) : undefined;
  const redact = redactor([
    ...secretKeys.flatMap(key => secret[key]?.toString() ?? []),
    ...(header === undefined ? [] : [header.slice(header.indexOf(' ') + 1)]),
  ]);
  if (remote.protocol === 'ssh') return openSshAccess({ secret, workDir, redact, refuse });

  const config: [string, string][] = [];
  const ca = secret['ca.crt'] ?? secret.caFile;
  if (ca !== undefined) {
    const file = join(workDir, 'ca.crt');
    await writeFile(file, ca, { mode: 0o600 });
    config.push(['http.sslCAInfo', file]);
  }
  if (header === undefined) {
    return { config, environment: {}, redact, close: () => Promise.resolve() };
  }

  // Scoped to the host: git sends it nowhere else.
  const setting = `[http "${remote.origin}/"]\n\textraHeader = "Authorization: ${header}"\n`;
  const handle = await nameless(workDir, setting);
  // Each process of git opens it afresh, from its own descriptor 3 (proc(5), /proc/pid/fd).
  config.push(['include.path', '/proc/self/fd/3']);
  return { config, environment: {}, headerFd: handle.fd, redact, close: () => handle.close() };
}

/** RFC 6750 for bearer tokens, RFC 7617 for user and password. */
function authorization(secret: Secret, refuse: (why: string) => Error): string | undefined {
  // Editors and `kubectl create secret --from-file` leave a line break at the end.
  const bearer = secret.bearerToken?.toString().trim();
  if (bearer !== undefined) {
    if (!/^[A-Za-z0-9._~+/-]+=*$/u.test(bearer))
      throw refuse('holds a bearerToken which is not one (RFC 6750)');
    return `Bearer ${bearer}`;
  }
  const password = secret.password?.toString().replace(/\r?\n$/u, '');
  const username = secret.username?.toString().trim();
  if (password === undefined && username === undefined) return undefined;
  if (password === undefined || username === undefined || username.includes(':')) {
    throw refuse('needs both username (without a colon) and password, or bearerToken');
  }
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
