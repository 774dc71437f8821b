/** JSON over HTTPS with one host: addresses, authorisation and limits, and every failure as a `ForgeError`. */
import { createHash } from 'node:crypto';
import type { AddressGuard } from '../http/address.ts';
import { createHttpClient, type HttpClient, type HttpRequest } from '../http/client.ts';
import { fromAnswer, fromFailure } from './errors.ts';
import { type ForgeAccess, ForgeError } from './port.ts';

export interface ApiDependencies {
  readonly guard: AddressGuard;
  /** Wall clock, ms. */
  readonly now: () => number;
  readonly timeoutMs?: number;
}

export interface ApiRequest {
  readonly method: HttpRequest['method'];
  /** Below the base, with its query, every part encoded. */
  readonly path: string;
  readonly data?: unknown;
  /** Statuses beside 200 to 299 that are answers rather than errors. */
  readonly accept?: readonly number[];
}

export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON: read it with a schema. */
  readonly data: unknown;
}

export interface ApiTarget {
  /** Without a slash at its end. */
  readonly base: string;
  /** Authorisation and what else the host asks for. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Calls one API. Rejects with `ForgeError`. */
export type Api = (request: ApiRequest) => Promise<ApiAnswer>;
export type Connect = (access: ForgeAccess, target: ApiTarget) => Api;

/** Pages of fifty pull requests with long descriptions stay below. */
const maxBytes = 8 * 1024 * 1024;
const mostClients = 16;

export interface Connector {
  readonly connect: Connect;
  close(): void;
}

/** Connections are kept, one client for each certificate authority. */
export function createConnector({ guard, now, timeoutMs = 15_000 }: ApiDependencies): Connector {
  const clients = new Map<string, HttpClient>();

  function clientFor({ secret }: ForgeAccess): HttpClient {
    const ca = secret['ca.crt'] ?? secret['caFile'];
    const key = ca === undefined ? '' : createHash('sha256').update(ca).digest('hex');
    const known = clients.get(key);
    if (known !== undefined) return known;
    const [oldest] = clients.size < mostClients ? [] : clients.keys();
    if (oldest !== undefined) {
      clients.get(oldest)?.close();
      clients.delete(oldest);
    }
    const made = createHttpClient({ guard, timeoutMs, maxBytes, ...(ca === undefined ? {} : { ca }) }, now);
    clients.set(key, made);
    return made;
  }

  return {
    connect:
      (access, { base, headers }) =>
      async ({ method, path, data, accept = [] }) => {
        if (!base.startsWith('https://') && !isLocal(base)) {
          throw new ForgeError(
            'InvalidRequest',
            `ManifestRepository ${access.name}: the API's address must begin with https://, since a token is sent there`,
            { transient: false },
          );
        }
        const response = await clientFor(access)
          .request({
            method,
            url: `${base}${path}`,
            headers: { accept: 'application/json', 'user-agent': 'siskin', ...headers },
            ...(data === undefined ? {} : { data }),
            acceptStatus: () => true,
          })
          .catch((error: unknown) => {
            throw fromFailure(access, error);
          });
        const { status } = response;
        if ((status < 200 || status > 299) && !accept.includes(status))
          throw fromAnswer(access, response, { now: now(), hidden: secretsOf(headers) });
        return { status, data: response.data };
      },
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}

/** The authorisation without the word before it, and what Basic encodes. */
function secretsOf(headers: ApiTarget['headers']): string[] {
  const sent = [headers['authorization'], headers['private-token']].map(
    value => value?.split(' ').at(-1) ?? '',
  );
  const decoded = sent.map(value => Buffer.from(value, 'base64').toString('utf8').split(':').at(-1) ?? '');
  // Shorter ones would blot out ordinary words.
  return [...sent, ...decoded].filter(value => value.length >= 8);
}

/** A token never leaves this machine unencrypted. */
function isLocal(base: string): boolean {
  const host = URL.parse(base)?.hostname ?? '';
  return host === '127.0.0.1' || host === '[::1]';
}
