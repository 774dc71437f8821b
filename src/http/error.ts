/** The one error that HTTP clients of the operator reject with: what went wrong, never what was sent or received. */
import { isAxiosError } from 'axios';

export type HttpErrorKind =
  /** No complete answer within the time limit. */
  | 'timeout'
  /** The caller's signal. */
  | 'aborted'
  /** No connection, or it broke: DNS, refused, reset, unreachable. */
  | 'network'
  /** The server's certificate is not trusted, or TLS failed otherwise. */
  | 'tls'
  /** An answer with a status that the caller did not accept; see `status`. */
  | 'status'
  /** A redirect; following it could lead to a place that nobody allowed. */
  | 'redirect'
  /** More bytes, after decompression, than the limit. */
  | 'tooLarge'
  /** The address is one that the operator must not be led to. */
  | 'forbiddenAddress'
  /** The URL, a header or the answer's encoding is malformed. */
  | 'invalid';

/** `message` names the origin only: paths, queries, headers and bodies may hold secrets. */
export class HttpError extends Error {
  readonly kind: HttpErrorKind;
  readonly status: number | undefined;
  /** From `Retry-After`, in ms from now; at most an hour. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: HttpErrorKind, message: string, info: { status?: number; retryAfterMs?: number } = {}) {
    super(message);
    this.name = 'HttpError';
    this.kind = kind;
    this.status = info.status;
    this.retryAfterMs = info.retryAfterMs;
  }
}

const longestRetryAfterMs = 3_600_000;

/** Reads `Retry-After`, seconds or an HTTP date; undefined when absent or unreadable. */
export function parseRetryAfter(value: unknown, now: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestRetryAfterMs);
}

const networkCodes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name lookup failed for now',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ERR_PROXY_TUNNEL: 'the proxy refused the connection',
};
const timeoutCodes = new Set(['ETIMEDOUT', 'ECONNABORTED', 'ESOCKETTIMEDOUT']);
const tlsCode =
  /^(EPROTO|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH)/;
const malformedCode = /^(HPE_|Z_|ERR_INVALID|ERR_UNESCAPED|ERR_HTTP_)|^ERR_BAD_OPTION/;

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let each = error; each instanceof Error && chain.length < 5; each = each.cause) chain.push(each);
  return chain;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Turns whatever axios rejected with into an `HttpError` about `origin`. */
export function toHttpError(error: unknown, origin: string, now: number): HttpError {
  const chain = causes(error);
  const own = chain.find(each => each instanceof HttpError);
  if (own !== undefined) return own;
  const answered = isAxiosError(error) ? error.response : undefined;
  if (answered !== undefined && !isSuccess(answered.status)) {
    return statusError(answered.status, answered.headers['retry-after'], origin, now);
  }
  const codes = chain.map(each => codeOf(each));
  const known = codes.find(code => Object.hasOwn(networkCodes, code));
  if (known !== undefined) return new HttpError('network', `${origin}: ${networkCodes[known]}`);
  if (chain.some(each => each instanceof Error && each.message.startsWith('maxContentLength'))) {
    return new HttpError('tooLarge', `${origin}: the answer is larger than allowed`);
  }
  const tls = codes.find(code => tlsCode.test(code));
  if (tls !== undefined) return new HttpError('tls', `${origin}: TLS failed (${tls})`);
  if (codes.some(code => timeoutCodes.has(code))) return new HttpError('timeout', `${origin}: timed out`);
  const malformed = codes.find(code => malformedCode.test(code));
  if (malformed !== undefined) return new HttpError('invalid', `${origin}: malformed HTTP (${malformed})`);
  if (codes.includes('ERR_CANCELED')) return new HttpError('aborted', `${origin}: cancelled`);
  const code = codes.find(each => /^[A-Z_]{3,40}$/.test(each)) ?? 'unknown error';
  const what = answered === undefined ? 'request failed' : 'the answer broke off';
  return new HttpError('network', `${origin}: ${what} (${code})`);
}

/** 200 to 299. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The error for an answer whose status the caller does not accept. */
export function statusError(status: number, retryAfter: unknown, origin: string, now: number): HttpError {
  if (status >= 300 && status < 400) {
    return new HttpError(
      'redirect',
      `${origin}: answered with a redirect (${status}), which is not followed`,
      {
        status,
      },
    );
  }
  const retryAfterMs = parseRetryAfter(retryAfter, now);
  return new HttpError('status', `${origin}: answered ${status}`, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
