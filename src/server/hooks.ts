/** The webhook of Git hosts: who proves to know the repository's secret makes it looked at now, and can do nothing else. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface HookRequest {
  /** Name of the ManifestRepository. */
  readonly repository: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HookDependencies {
  /** The secret of that repository; undefined where it takes no webhooks, or there is none of that name. */
  readonly secretOf: (repository: string) => Promise<string | undefined>;
  /** Has the repository looked at. */
  readonly wake: (repository: string) => Promise<void>;
}

/** Answers the HTTP status. Unknown repositories are answered as wrong signatures are, so that nobody learns their names. */
export function createHooks({ secretOf, wake }: HookDependencies): (request: HookRequest) => Promise<number> {
  return async request => {
    const secret = await secretOf(request.repository);
    if (secret === undefined || !isSigned(request, secret)) return 401;
    await wake(request.repository);
    return 202;
  };
}

/** Hexadecimal HMAC-SHA256 of the body: GitHub, Gitea, Forgejo and Bitbucket; older Gitea has a header of its own. */
const signatures = [
  ['x-hub-signature-256', 'sha256='],
  ['x-hub-signature', 'sha256='],
  ['x-gitea-signature', ''],
  ['x-forgejo-signature', ''],
] as const;

/** GitLab sends the secret itself, Azure DevOps as the password of Basic authentication. */
function isSigned({ headers, body }: HookRequest, secret: string): boolean {
  const hmac = createHmac('sha256', secret).update(body).digest('hex');
  for (const [name, prefix] of signatures) {
    const given = headers[name];
    if (typeof given === 'string' && given.startsWith(prefix) && isSame(given.slice(prefix.length), hmac))
      return true;
  }
  const token = headers['x-gitlab-token'];
  if (typeof token === 'string' && isSame(token, secret)) return true;
  const basic = /^Basic (\S+)$/u.exec(headers.authorization ?? '')?.[1];
  if (basic === undefined) return false;
  const password = Buffer.from(basic, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/u, '');
  return isSame(password, secret);
}

/** In a time that tells nothing of where, and whether in length, the two differ. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
