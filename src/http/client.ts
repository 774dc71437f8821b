/** The one factory of HTTP clients (Prometheus, chat, Git hosts): limits on time and size, no redirects, no ambient proxy. */
import axios from 'axios';
import { timeoutError, withDeadline } from './deadline.ts';
import { isSuccess, statusError, toHttpError } from './error.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export interface HttpClientOptions extends TransportOptions {
  /** From the call to the last byte of the answer, ms. */
  readonly timeoutMs: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON unless it is a string, a Buffer or URLSearchParams. */
  readonly data?: unknown;
  readonly signal?: AbortSignal;
  /** Statuses which are an answer rather than an error; 200 to 299 unless told. Redirects are always an error. */
  readonly acceptStatus?: (status: number) => boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Parsed JSON, or the text where it is not JSON: parse it with a schema. */
  readonly data: unknown;
}

export interface HttpClient {
  /** Rejects with `HttpError` and nothing else. */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Closes kept connections. */
  close(): void;
}

/** Builds a client. `now` reads the wall clock (ms), for `Retry-After` dates. */
export function createHttpClient(options: HttpClientOptions, now: () => number = Date.now): HttpClient {
  const transport = createTransport(options);
  const { timeoutMs } = options;
  return {
    async request({ method, url, headers, data, signal, acceptStatus = isSuccess }) {
      const origin = URL.parse(url)?.origin ?? 'the address';
      const deadline = withDeadline(timeoutMs, signal);
      try {
        const response = await axios.request<unknown>({
          ...(await transport.configure(url)),
          method,
          url,
          headers: mutableHeaders(headers),
          ...(data === undefined ? {} : { data }),
          signal: deadline.signal,
          validateStatus: null,
        });
        if (!acceptStatus(response.status) || (response.status >= 300 && response.status < 400)) {
          throw statusError(response.status, response.headers['retry-after'], origin, now());
        }
        return {
          status: response.status,
          headers: Object.fromEntries(Object.entries(response.headers)),
          data: response.data,
        };
      } catch (error) {
        throw deadline.expired() ? timeoutError(origin, timeoutMs) : toHttpError(error, origin, now());
      } finally {
        deadline.clear();
      }
    },
    close: () => transport.close(),
  };
}

/** A copy, because axios adds to what it is given. */
function mutableHeaders(headers: HttpRequest['headers'] = {}): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}
