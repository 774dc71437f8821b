/** HTTP to the API server over pooled connections, with every wait and every size bounded. */
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { CredentialSource, type Credentials } from './credentials.ts';
import { TerminalError, TransientError } from './errors.ts';
import type { Redactor } from './redact.ts';

const connectTimeoutMs = 10_000;
const largestErrorBody = 64 * 1_024;

export interface TransportOptions {
  readonly kubeConfig: KubeConfig;
  readonly userAgent: string;
  /** For one request from queueing to the last byte, ms. */
  readonly timeoutMs: number;
  readonly redactor?: Redactor | undefined;
  readonly now: () => number;
  /** Called once per request; `code` is the status, or `<error>` when no answer came. */
  readonly onRequest?: ((request: { method: string; code: string; host: string }) => void) | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With query, beginning with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A longer answer is refused with TransientError; that of an error status is cut at 64 KiB instead. */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

export interface StreamRequest {
  readonly path: string;
  readonly signal: AbortSignal;
  /** Silence longer than this means a dead peer, ms. */
  readonly idleMs: number;
}

interface Pools {
  readonly fingerprint: string;
  readonly requests: Dispatcher;
  /** Uncapped and apart, so that long watches cannot starve requests of connections. */
  readonly watches: Dispatcher;
}

/** Methods reject with TransientError when no complete answer came. */
export class Transport {
  private readonly options: TransportOptions;
  private readonly server: URL;
  private readonly proxy: string | undefined;
  private readonly source: CredentialSource;
  private pools: Pools | undefined;

  constructor(options: TransportOptions) {
    this.options = options;
    const cluster = options.kubeConfig.getCurrentCluster();
    if (cluster === null) throw new TerminalError('NoCluster', 'the kubeconfig has no current cluster');
    this.server = new URL(cluster.server);
    this.proxy = cluster.proxyUrl;
    if (this.proxy !== undefined && !/^https?:/.test(this.proxy)) {
      throw new TerminalError(
        'UnsupportedProxy',
        'the kubeconfig names a proxy that is neither http nor https',
      );
    }
    const { kubeConfig, redactor, now } = options;
    this.source = new CredentialSource({ kubeConfig, redactor, now });
  }

  async send(call: HttpRequest): Promise<HttpAnswer> {
    const credentials = await this.source.current();
    const answer = await this.sendAs(credentials, call);
    // The token may have been rotated since it was read; a 401 executed nothing, so even a write may be repeated.
    if (answer.status === 401 && (await this.source.renew(credentials))) {
      return this.sendAs(await this.source.current(), call);
    }
    return answer;
  }

  /** An open answer, to be read to its end or destroyed. Error statuses are read and answered as text. */
  async stream(call: StreamRequest): Promise<HttpAnswer | AsyncIterable<Uint8Array>> {
    const credentials = await this.source.current();
    const answer = await this.counted('GET', async () =>
      request(this.url(call.path), {
        dispatcher: this.poolsFor(credentials).watches,
        headers: this.headers(credentials),
        signal: call.signal,
        headersTimeout: this.options.timeoutMs,
        bodyTimeout: call.idleMs,
      }),
    );
    if (answer.statusCode === 200) return answer.body;
    if (answer.statusCode === 401) await this.source.renew(credentials);
    return this.answerOf(answer, 0);
  }

  /** Cuts what is running and closes the connections. */
  async close(): Promise<void> {
    await Promise.all([this.pools?.requests.destroy(), this.pools?.watches.destroy()]);
  }

  private async sendAs(credentials: Credentials, call: HttpRequest): Promise<HttpAnswer> {
    return this.counted(call.method, async () => {
      const answer = await request(this.url(call.path), {
        method: call.method,
        dispatcher: this.poolsFor(credentials).requests,
        headers: { ...this.headers(credentials), ...call.headers },
        body: call.body ?? null,
        signal: AbortSignal.timeout(this.options.timeoutMs),
      });
      return { ...(await this.answerOf(answer, call.maxBytes)), statusCode: answer.statusCode };
    });
  }

  private async answerOf(answer: Dispatcher.ResponseData, maxBytes: number): Promise<HttpAnswer> {
    const retryAfter = answer.headers['retry-after'];
    const failed = answer.statusCode >= 400;
    return {
      status: answer.statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      text: await readText(answer.body, failed ? largestErrorBody : maxBytes, failed),
    };
  }

  private async counted<T extends { statusCode: number }>(
    method: string,
    call: () => Promise<T>,
  ): Promise<T> {
    const { host } = this.server;
    try {
      const answer = await call();
      this.options.onRequest?.({ method, code: String(answer.statusCode), host });
      return answer;
    } catch (error) {
      this.options.onRequest?.({ method, code: '<error>', host });
      if (error instanceof TransientError) throw error;
      if (error instanceof Error && error.name === 'TimeoutError') {
        throw new TransientError(`no complete answer within ${this.options.timeoutMs} ms`, error);
      }
      throw new TransientError(reasonOf(error), error);
    }
  }

  private headers(credentials: Credentials): Record<string, string> {
    return {
      Accept: 'application/json',
      'User-Agent': this.options.userAgent,
      ...credentials.headers,
    };
  }

  private url(path: string): string {
    return `${this.server.origin}${this.server.pathname.replace(/\/+$/, '')}${path}`;
  }

  private poolsFor(credentials: Credentials): Pools {
    if (this.pools?.fingerprint === credentials.fingerprint) return this.pools;
    const old = this.pools;
    this.pools = {
      fingerprint: credentials.fingerprint,
      requests: this.dispatcher(credentials, 32),
      watches: this.dispatcher(credentials, undefined),
    };
    // Gracefully: what runs on the old connections may end there.
    void Promise.allSettled([old?.requests.close(), old?.watches.close()]);
    return this.pools;
  }

  private dispatcher(credentials: Credentials, connections: number | undefined): Dispatcher {
    const timeouts = { headersTimeout: this.options.timeoutMs, bodyTimeout: this.options.timeoutMs };
    // HTTP/2 would put every request and watch on one connection, which then fails as one.
    const common = {
      ...timeouts,
      allowH2: false,
      keepAliveTimeout: 60_000,
      ...(connections === undefined ? {} : { connections }),
    };
    if (this.proxy !== undefined) {
      return new ProxyAgent({ ...common, uri: this.proxy, requestTls: credentials.tls });
    }
    return new Agent({
      ...common,
      connect: {
        ...credentials.tls,
        timeout: connectTimeoutMs,
        keepAlive: true,
        // Below the 60 s idle limit of common load balancers.
        keepAliveInitialDelay: 30_000,
      },
    });
  }
}

async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number, cut: boolean): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxBytes && !cut) throw new TransientError(`the answer is longer than ${maxBytes} bytes`);
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks)
    .subarray(0, cut ? maxBytes : size)
    .toString('utf8');
}

/** AggregateError (every address refused) has an empty message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error && error.message !== '' ? error.message : 'no answer';
}
