import { AxiosError, AxiosHeaders } from 'axios';
import { describe, expect, it } from 'vitest';
import { HttpError, parseRetryAfter, statusError, toHttpError } from './error.ts';

const origin = 'https://git.example';
const now = Date.parse('2026-01-01T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['7', 7000],
    ['0', 0],
    ['999999999', 3_600_000],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads %s', (value, ms) => expect(parseRetryAfter(value, now)).toBe(ms));
});

describe('errors of requests', () => {
  it.each([
    ['ECONNREFUSED', 'network'],
    ['ECONNRESET', 'network'],
    ['ENOTFOUND', 'network'],
    ['ETIMEDOUT', 'timeout'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['HPE_INVALID_CONSTANT', 'invalid'],
    ['ERR_CANCELED', 'aborted'],
    ['EWHATEVER', 'network'],
    ['EPROTO', 'tls'],
  ])('%s is of kind %s', (code, kind) => {
    expect(toHttpError(new AxiosError('token=hunter2', code), origin, now)).toMatchObject({ kind });
  });

  it('keeps nothing of what was sent', () => {
    const config = {
      headers: new AxiosHeaders({ authorization: 'Bearer hunter2' }),
      url: 'https://u:hunter2@git.example/x?token=hunter2',
    };
    const error = toHttpError(new AxiosError('hunter2', 'ECONNRESET', config), origin, now);
    expect(JSON.stringify(error) + String(error) + String(error.stack)).not.toContain('hunter2');
    expect(error.cause).toBeUndefined();
  });

  it('names the status and when to try again', () => {
    expect(statusError(429, '3', origin, now)).toMatchObject({
      kind: 'status',
      status: 429,
      retryAfterMs: 3000,
    });
    expect(statusError(302, undefined, origin, now)).toMatchObject({ kind: 'redirect', status: 302 });
  });

  it('finds our own error inside what axios wrapped', () => {
    const own = new HttpError('forbiddenAddress', 'no');
    expect(toHttpError(AxiosError.from(own), origin, now)).toBe(own);
  });
});
