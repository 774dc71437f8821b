/** Connections for HTTP clients: kept-alive agents with their own certificate authorities, guarded addresses, an explicit proxy. */
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { AxiosRequestConfig } from 'axios';
import { type AddressGuard, parseHttpUrl } from './address.ts';
import { HttpError } from './error.ts';

export interface TransportOptions {
  /** Largest answer after decompression, bytes. */
  readonly maxBytes: number;
  /** PEM; replaces the system's certificate authorities. */
  readonly ca?: string | Buffer;
  readonly insecureSkipVerify?: boolean;
  /** `http://host:port`; the environment's proxy variables are never read. */
  readonly proxy?: string;
  /** Give it wherever a tenant has a say in the address (or in the proxy's). */
  readonly guard?: AddressGuard;
  /** Connections kept to one host; 8 unless told. */
  readonly maxSockets?: number;
}

/** What axios needs to be told for one request; shared with clients that bring their own axios (prometheus-query). */
export interface Transport {
  /** Rejects with `HttpError` when the URL is malformed or refused. */
  configure(url: string): Promise<AxiosRequestConfig>;
  close(): void;
}

/** Builds the agents. Throws `HttpError` (`invalid`) for a proxy that is not `http://host:port`. */
export function createTransport(options: TransportOptions): Transport {
  const { guard, maxBytes } = options;
  const proxy = options.proxy === undefined ? undefined : parseProxy(options.proxy);
  let agents: Agents | undefined;
  let via: string | undefined;

  async function agentsFor(url: URL): Promise<Agents> {
    const origin = proxy === undefined ? undefined : await proxyOrigin(proxy, guard);
    if (proxy === undefined) guard?.checkHost(url.hostname);
    if (agents === undefined || origin !== via) {
      agents?.close();
      agents = createAgents(options, origin);
      via = origin;
    }
    return agents;
  }

  return {
    async configure(text) {
      const { httpAgent, httpsAgent } = await agentsFor(parseHttpUrl(text));
      // `false` makes axios bypass an agent's proxy as well as the environment's; such an agent keeps the latter out itself.
      const direct = proxy === undefined ? { proxy: false as const } : {};
      return { httpAgent, httpsAgent, ...direct, maxRedirects: 0, maxContentLength: maxBytes };
    },
    close() {
      agents?.close();
    },
  };
}

interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
  close(): void;
}

function createAgents(options: TransportOptions, via: string | undefined): Agents {
  const shared = {
    keepAlive: true,
    maxSockets: options.maxSockets ?? 8,
    maxFreeSockets: 2,
    ...(options.guard === undefined ? {} : { lookup: options.guard.lookup }),
    ...(via === undefined ? {} : { proxyEnv: { HTTP_PROXY: via, HTTPS_PROXY: via } }),
  };
  const httpAgent = new http.Agent(shared);
  const httpsAgent = new https.Agent({
    ...shared,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    rejectUnauthorized: options.insecureSkipVerify !== true,
  });
  return {
    httpAgent,
    httpsAgent,
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

function parseProxy(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' && url.username === '' && url.password === '') return url;
  throw new HttpError('invalid', 'the proxy must be http://host:port without user info');
}

/** Node's proxy support ignores `lookup`, so a guarded proxy is resolved here and named by its checked address. */
async function proxyOrigin(proxy: URL, guard: AddressGuard | undefined): Promise<string> {
  if (guard === undefined) return proxy.origin;
  guard.checkHost(proxy.hostname);
  if (isIP(proxy.hostname.replace(/^\[|\]$/g, '')) !== 0) return proxy.origin;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  guard.lookup(proxy.hostname, { all: true }, (error, addresses) => {
    // The smallest, not the first: with rotating answers every request would get new agents and break the last one's.
    const [ip] = typeof addresses === 'string' ? [addresses] : addresses.map(each => each.address).sort();
    if (error !== null) reject(error);
    else resolve(ip ?? '');
  });
  const ip = await promise;
  return `http://${ip.includes(':') ? `[${ip}]` : ip}${proxy.port === '' ? '' : `:${proxy.port}`}`;
}
