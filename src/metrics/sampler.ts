/** Takes samples: finds the query, the server and its credentials for a check, and asks. */
import { createHash } from 'node:crypto';
import { type AddressPolicy, createAddressGuard } from '../http/address.ts';
import { HttpError } from '../http/error.ts';
import type { Clock } from '../runtime/port.ts';
import { createRedactor, type Redactor } from '../runtime/redact.ts';
import { CredentialsError, createCredentialsReader } from './credentials.ts';
import { createLimiter } from './limiter.ts';
import type { CheckRequest, ReadSecret, Sample, Sampler } from './port.ts';
import { createPrometheus, type Prometheus, type PrometheusAccess, parseAddress } from './prometheus.ts';
import { queryOf } from './query.ts';
import { type DefaultServer, serverOf } from './server.ts';

export interface SamplerDeps {
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

const queriesPerServer = 8;
/** Connections to servers which are kept; beyond that the longest unused goes. */
const mostServers = 100;

/** Throws on an address policy that cannot be understood, and on a default server that is not a URL. */
export function createSampler(deps: SamplerDeps): Sampler & { close(): void } {
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

  async function take(request: CheckRequest): Promise<Sample> {
    const server = serverOf(request, own);
    if ('problem' in server) return { kind: 'error', why: server.problem };
    const text = queryOf(request);
    if ('problem' in text) return { kind: 'error', why: text.problem };
    const { access, secret, guarded } = server;
    const credentials = secret === undefined ? {} : await readCredentials(secret.namespace, secret.name);
    return connect({ ...access, ...credentials }, guarded).query(text.query, request.at);
  }

  return {
    async sample(request) {
      try {
        return await take(request);
      } catch (error) {
        if (error instanceof HttpError || error instanceof CredentialsError) {
          return { kind: 'error', why: error.message };
        }
        const name = error instanceof Error ? error.name : 'unknown error';
        return { kind: 'error', why: `the sample could not be taken (${name})` };
      }
    },
    close() {
      for (const server of servers.values()) server.close();
      servers.clear();
    },
  };
}
