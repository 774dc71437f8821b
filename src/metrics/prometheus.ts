/** One Prometheus server behind `prometheus-query`, with what that library lacks: limits, strictness, errors without secrets. */
import { isAxiosError } from 'axios';
import { PrometheusDriver } from 'prometheus-query';
import { type AddressGuard, parseHttpUrl } from '../http/address.ts';
import { timeoutError, withDeadline } from '../http/deadline.ts';
import { HttpError, toHttpError } from '../http/error.ts';
import { createTransport } from '../http/transport.ts';
import type { Redactor } from '../runtime/redact.ts';
import { readAnswer, readRefusal } from './answer.ts';
import type { Credentials } from './credentials.ts';
import type { Limiter } from './limiter.ts';
import type { Sample, SeriesAnswer } from './port.ts';
import { readMatrix } from './series/matrix.ts';

export interface PrometheusAccess extends Credentials {
  /** `http(s)://host[:port][/prefix]`, without `/api/v1`. */
  readonly address: string;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly insecureSkipVerify?: boolean;
}

export interface PrometheusDeps {
  /** Shared by all, so that the cap holds for a server however many ways lead to it. */
  readonly limiter: Limiter;
  readonly redactor: Redactor;
  /** Absent for the operator's own server. */
  readonly guard?: AddressGuard;
  /** For one query with its answer, waiting for its turn included; ms. */
  readonly timeoutMs: number;
  readonly now: () => number;
}

export interface Prometheus {
  /** Evaluates at `at` (ms since the epoch). Never rejects. */
  query(query: string, at: number): Promise<Sample>;
  /** The raw samples up to `at` of a range selector such as `x[5m]`. Never rejects. */
  range(query: string, at: number): Promise<SeriesAnswer>;
  /** An answer is awaited. */
  busy(): boolean;
  /** Breaks what is under way. */
  close(): void;
}

/** A minute of raw samples of a hundred Canaries is far less. */
const maxBytes = 8 * 1024 * 1024;
/** Servers and proxies refuse long URLs; below this GET, which a read-only proxy lets through. */
const longestUrlQuery = 4 * 1024;

const nothing = { status: 'success', data: { resultType: 'vector', result: [] } };

/** Throws HttpError for an address or header that cannot be used. */
export function createPrometheus(access: PrometheusAccess, deps: PrometheusDeps): Prometheus {
  const endpoint = parseAddress(access.address);
  const { timeoutMs, guard, limiter } = deps;
  const { ca, insecureSkipVerify = false } = access;
  const transport = createTransport({
    maxBytes,
    insecureSkipVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(guard === undefined ? {} : { guard }),
  });
  const headers = requestHeaders(access);
  const { origin } = new URL(endpoint);
  const inFlight = new Map<string, Promise<Sample>>();
  let ranges = 0;

  async function ask<T>(
    query: string,
    at: number,
    read: (body: unknown) => T,
  ): Promise<T | Extract<Sample, { kind: 'error' }>> {
    const deadline = withDeadline(timeoutMs);
    const fail = (error: unknown): Extract<Sample, { kind: 'error' }> =>
      failure(deadline.expired() ? timeoutError(origin, timeoutMs) : toHttpError(error, origin, deps.now()));
    try {
      return await limiter.run(origin, deadline.signal, async () => {
        const exchange = await instantQuery(query, at, deadline.signal);
        if ('body' in exchange) return read(exchange.body);
        const refusal =
          isAxiosError(exchange.error) && readRefusal(exchange.error.response?.data, deps.redactor);
        const sample = fail(exchange.error);
        return typeof refusal === 'string' ? { ...sample, why: `${sample.why}: ${refusal}` } : sample;
      });
    } catch (error) {
      return fail(error);
    } finally {
      deadline.clear();
    }
  }

  /** Keeps the raw exchange: the driver reads `+Inf` as NaN and `12abc` as 12, and loses warnings and the causes of errors. */
  async function instantQuery(
    query: string,
    at: number,
    signal: AbortSignal,
  ): Promise<{ body: unknown } | { error: unknown }> {
    let exchange: { body: unknown } | { error: unknown } = { error: new Error('no exchange') };
    const driver = new PrometheusDriver({
      endpoint,
      headers,
      preferPost: query.length > longestUrlQuery,
      requestInterceptor: {
        onFulfilled: async config =>
          Object.assign(config, await transport.configure(endpoint), { signal, timeout: 0 }),
      },
      responseInterceptor: {
        onFulfilled: response => {
          exchange = { body: response.data };
          // The driver would make an object of every sample, which nobody looks at.
          return { ...response, data: nothing };
        },
        onRejected: (error: unknown) => {
          exchange = { error };
          throw error;
        },
      },
    });
    // Whatever it makes of the answer, good or bad, was recorded before.
    await driver.instantQuery(query, at, `${timeoutMs}ms`).catch(() => undefined);
    return exchange;
  }

  return {
    query(query, at) {
      const key = `${Math.floor(at / 1000)} ${query}`;
      const running = inFlight.get(key);
      if (running !== undefined) return running;
      const sample = ask(query, at, body => readAnswer(body, at)).finally(() => inFlight.delete(key));
      inFlight.set(key, sample);
      return sample;
    },
    async range(query, at) {
      ranges += 1;
      try {
        return await ask(query, at, readMatrix);
      } finally {
        ranges -= 1;
      }
    },
    busy: () => inFlight.size + ranges > 0,
    close: () => transport.close(),
  };
}

/** The address as a base URL without a slash at its end. Throws HttpError. */
export function parseAddress(text: string): string {
  const url = parseHttpUrl(text);
  if (url.search !== '' || url.hash !== '') {
    throw new HttpError('invalid', 'the address must not hold a query; it ends before /api/v1');
  }
  return url.href.replace(/\/+$/, '');
}

/** Headers which change where a request goes or how it is framed, and those which metadata services ask for. */
const forbiddenHeader =
  /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*|metadata|metadata-flavor|x-aws-ec2-.*|x-google-metadata-.*)$/i;

function requestHeaders({
  headers = {},
  authorization,
}: PrometheusAccess): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (const [name, values] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || values.some(value => /[^\t\x20-\x7e\x80-\xff]/.test(value))) {
      throw new HttpError('invalid', 'a header of the provider is malformed');
    }
    if (forbiddenHeader.test(name)) throw new HttpError('invalid', `the header ${name} may not be set`);
    if (authorization === undefined || name.toLowerCase() !== 'authorization') result[name] = [...values];
  }
  if (authorization !== undefined) result['authorization'] = authorization;
  return result;
}

function failure(error: HttpError): Sample & { kind: 'error' } {
  const { kind, status, message } = error;
  if (status === 401 || status === 403) {
    return { kind: 'error', why: `${message}: the credentials were refused (check secretRef)` };
  }
  if (status === 400 || status === 422) return { kind: 'error', why: `${message}: the query is not valid` };
  if (status === 404) return { kind: 'error', why: `${message}: there is no Prometheus API at this address` };
  return {
    kind: 'error',
    why: kind === 'forbiddenAddress' ? `${message} (ask the operator's admin)` : message,
  };
}
