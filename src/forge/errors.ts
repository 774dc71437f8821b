/** What a host's answers mean: statuses, limits and broken connections as `ForgeError`, for people and for the next try. */
import type { HttpResponse } from '../http/client.ts';
import { HttpError, parseRetryAfter } from '../http/error.ts';
import { type ForgeAccess, ForgeError, type ForgeErrorCode } from './port.ts';

const advice: Readonly<Record<ForgeErrorCode, string>> = {
  AuthenticationFailed: 'refuses the credentials; check the token in the Secret that it references',
  Forbidden:
    'does not allow this token to do so; give it the right to write pull requests and commit statuses',
  NotFound: 'knows no such thing, or hides it from this token; check url, apiUrl and the rights of the token',
  Conflict: 'says that something else is in the way',
  NotAllowed: 'does not do this for the repository',
  Rejected: 'rejects the request',
  RateLimited: 'asks for fewer requests',
  Unreachable: 'cannot be reached or is in trouble',
  Timeout: 'does not answer in time',
  CertificateInvalid: 'has a certificate of no trusted authority; check ca.crt in the Secret',
  InvalidRequest: 'cannot be asked',
};

const passing: ReadonlySet<ForgeErrorCode> = new Set(['RateLimited', 'Unreachable', 'Timeout']);

/** The error for people: which repository, what to do, and the host's own words where they can be shown. */
export function forgeError(
  code: ForgeErrorCode,
  { name, provider }: Pick<ForgeAccess, 'name' | 'provider'>,
  detail = '',
  retryAfterMs?: number,
): ForgeError {
  const words = detail === '' ? '' : ` (${detail})`;
  return new ForgeError(code, `ManifestRepository ${name}: ${provider} ${advice[code]}${words}`, {
    transient: passing.has(code),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** For an answer with a status that is none. `now` is the wall clock in ms; `hidden` are the secrets that were sent. */
export function fromAnswer(
  access: ForgeAccess,
  response: HttpResponse,
  about: { readonly now: number; readonly hidden: readonly string[] },
): ForgeError {
  const { status, headers } = response;
  const { now } = about;
  const said = wordsOf(response.data, about.hidden);
  const detail = said === '' ? `status ${status}` : `status ${status}: ${said}`;
  const wait = parseRetryAfter(headers['retry-after'], now) ?? untilReset(headers, now);
  return forgeError(codeOf(status, wait), access, detail, wait);
}

/** 403 with a time to wait is how GitHub limits; without one it is a right that is missing. */
function codeOf(status: number, wait: number | undefined): ForgeErrorCode {
  if (status === 429 || (status === 403 && wait !== undefined)) return 'RateLimited';
  if (status === 401) return 'AuthenticationFailed';
  if (status === 403) return 'Forbidden';
  if (status === 404 || status === 410) return 'NotFound';
  if (status === 405) return 'NotAllowed';
  if (status === 409 || status === 412) return 'Conflict';
  if (status === 408 || status >= 500) return 'Unreachable';
  return 'Rejected';
}

/** `x-ratelimit-reset` (GitHub, Gitea behind proxies; `ratelimit-reset` at GitLab), seconds since the epoch, counts once nothing remains. */
function untilReset(headers: HttpResponse['headers'], now: number): number | undefined {
  for (const prefix of ['x-ratelimit', 'ratelimit']) {
    if (headers[`${prefix}-remaining`] !== '0') continue;
    const reset = Number(headers[`${prefix}-reset`]);
    if (Number.isFinite(reset)) return Math.min(3_600_000, Math.max(1_000, reset * 1_000 - now));
  }
  return undefined;
}

/** The client's rejections; its messages name the origin only. */
export function fromFailure(access: ForgeAccess, error: unknown): ForgeError {
  if (!(error instanceof HttpError)) return forgeError('Unreachable', access, 'the request failed');
  return forgeError(failureCode(access, error), access, error.message);
}

function failureCode({ provider }: ForgeAccess, { kind }: HttpError): ForgeErrorCode {
  if (kind === 'timeout') return 'Timeout';
  if (kind === 'tls') return 'CertificateInvalid';
  // Azure sends whoever it does not know to a page for signing in.
  if (kind === 'redirect') return provider === 'Azure' ? 'AuthenticationFailed' : 'NotFound';
  if (kind === 'forbiddenAddress' || kind === 'invalid') return 'InvalidRequest';
  return 'Unreachable';
}

/** The message of the answer on one line, without the token that some hosts would repeat. */
function wordsOf(data: unknown, hidden: readonly string[]): string {
  let text = [...messagesIn(data)].join('; ');
  for (const secret of hidden) text = text.replaceAll(secret, '***');
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
    .toWellFormed();
}

function* messagesIn(data: unknown, depth = 0): Generator<string> {
  if (typeof data !== 'object' || data === null || depth > 3) return;
  for (const key of ['message', 'error', 'errors', 'error_description', 'detail']) {
    const value: unknown = Object.hasOwn(data, key) ? Reflect.get(data, key) : undefined;
    if (typeof value === 'string') yield value;
    else if (Array.isArray(value)) {
      for (const item of value.slice(0, 3)) {
        if (typeof item === 'string') yield item;
        else yield* messagesIn(item, depth + 1);
      }
    } else yield* messagesIn(value, depth + 1);
  }
}
