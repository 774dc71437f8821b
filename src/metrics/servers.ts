/** Connections to metrics servers, shared by all who ask: found by a check's words, opened with its credentials, kept while used. */
import { createHash } from 'node:crypto';
import { type AddressPolicy, createAddressGuard } from '../http/address.ts';
import { HttpError } from '../http/error.ts';
import type { Clock } from '../runtime/port.ts';
import { createRedactor, type Redactor } from '../runtime/redact.ts';
import { CredentialsError, createCredentialsReader } from './credentials.ts';
import { createLimiter } from './limiter.ts';
import type { CheckRequest, ReadSecret } from './port.ts';
import { createPrometheus, type Prometheus, type PrometheusAccess, parseAddress } from './prometheus.ts';
import { type DefaultServer, serverOf } from './server.ts';

export interface ServersDeps {
  readonly readSecret: ReadSecret;
  readonly defaultServer?: DefaultServer;
  readonly clock: Pick<Clock, 'now'>;
  /** For the addresses that MetricTemplates and Canaries name. */
  readonly addresses?: AddressPolicy;
  /** The log's, so that it learns the credentials too. */
  readonly redactor?: Redactor;
  /** For one query with its answer; 5000 unless told. */
  readonly timeoutMs?: number;
}

export interface Servers {
  /** The connection, or a sentence that says why there is none. Rejects with what `sayWhy` understands. */
  find(
    request: Pick<CheckRequest, 'template' | 'metricsServer'>,
  ): Promise<Prometheus | { readonly problem: string }>;
  close(): void;
}

const queriesPerServer = 8;
/** Connections to servers which are kept; beyond that the longest unused goes. */
const mostServers = 100;

/** Throws on an address policy that cannot be understood, and on a default server that is not a URL. */
export function createServers(deps: ServersDeps): Servers {
  const { readSecret, defaultServer, clock, redactor = createRedactor(), timeoutMs = 5_000 } = deps;
  const now = (): number => clock.now();
  const guard = createAddressGuard(deps.addresses ?? {});
  const limiter = createLimiter(queriesPerServer);
  const readCredentials = createCredentialsReader({ readSecret, now, redactor });
  const own = defaultServer && { ...defaultServer, address: parseAddress(defaultServer.address) };
  const servers = new Map<string, Prometheus>();

  /** Credentials are part of the key: nobody gets an answer, or a connection, that another's credentials opened. */
  function connect(access: PrometheusAccess, guarded: boolean): Prometheus {
    const key = createHash('sha256')
      .update(JSON.stringify([access, guarded]))
      .digest('base64');
    const known = servers.get(key);
    const server =
      known ?? createPrometheus(access, { limiter, redactor, timeoutMs, now, ...(guarded ? { guard } : {}) });
    servers.delete(key);
    servers.set(key, server);
    for (const [oldest, unused] of servers) {
      if (servers.size <= mostServers) break;
      if (unused === server || unused.busy()) continue;
      servers.delete(oldest);
      unused.close();
    }
    return server;
  }

  return {
    async find(request) {
      const server = serverOf(request, own);
      if ('problem' in server) return server;
      const { access, secret, guarded } = server;
      const credentials = secret === undefined ? {} : await readCredentials(secret.namespace, secret.name);
      return connect({ ...access, ...credentials }, guarded);
    },
    close() {
      for (const server of servers.values()) server.close();
      servers.clear();
    },
  };
}

/** Why a server could not be asked, for people and without a secret. */
export function sayWhy(error: unknown, what: string): { readonly kind: 'error'; readonly why: string } {
  if (error instanceof HttpError || error instanceof CredentialsError) {
    return { kind: 'error', why: error.message };
  }
  const name = error instanceof Error ? error.name : 'unknown error';
  return { kind: 'error', why: `${what} (${name})` };
}
