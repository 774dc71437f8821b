/** Which Prometheus the command line asks: the one given, else the Canary's or the template's, else the operator's default. */

import { type AddressGuard, createAddressGuard } from '../http/address.ts';
import { HttpError } from '../http/error.ts';
import type { ReadSecret } from '../metrics/port.ts';
import { parseAddress } from '../metrics/prometheus.ts';
import type { DefaultServer } from '../metrics/server.ts';
import type { Redactor } from '../runtime/redact.ts';
import { exitCodes, Failure } from './failure.ts';

/** Where an installation as documented has it; the operator may have been told another. */
const usualAddress = 'http://prometheus.monitoring:9090';
/** Not a flag: arguments are visible to every process of a machine. */
const tokenVariable = 'SISKIN_PROMETHEUS_TOKEN';

export interface Access {
  readonly server: DefaultServer;
  /** The user named it, so that addresses in the cluster's objects do not count. */
  readonly isGiven: boolean;
  /** The whole header value for `server`. */
  readonly authorization?: string;
  readonly readSecret: ReadSecret;
}

export function accessOf(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  readSecret: ReadSecret,
  redactor: Redactor,
): Access {
  const token = env[tokenVariable] ?? '';
  redactor.hide([token]);
  return {
    server: {
      address: given === undefined ? usualAddress : checked(given),
      ...(token === '' ? {} : { secret: { namespace: '', name: tokenVariable } }),
    },
    isGiven: given !== undefined,
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    readSecret: async (namespace, name) =>
      namespace === '' ? { token: Buffer.from(token) } : readSecret(namespace, name),
  };
}

function checked(address: string): string {
  try {
    return parseAddress(address);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    throw new Failure(`--prometheus: ${error.message}`, exitCodes.usage);
  }
}

/** The server whose history is read: whoever wrote the Canary may name one, but gets no credentials and no address of this machine. */
export function historyServer(
  access: Access,
  metricsServer: string | undefined,
): { readonly address: string; readonly authorization?: string; readonly guard?: AddressGuard } {
  const { server, isGiven, authorization } = access;
  if (isGiven || metricsServer === undefined || metricsServer === '') {
    return { address: server.address, ...(authorization === undefined ? {} : { authorization }) };
  }
  return { address: parseAddress(metricsServer), guard: createAddressGuard({}) };
}

/** What to do about a server that cannot be reached from here; the name of a Service tells how to get to it. */
export function reachHint(address: string): string {
  const url = URL.parse(address);
  const [service = '', namespace = ''] = (url?.hostname ?? '').split('.');
  const isService = /^[a-z]/.test(service) && /^[a-z]/.test(namespace);
  const forward = isService
    ? `kubectl -n ${namespace} port-forward svc/${service} 9090:${url?.port || '80'}`
    : 'a port-forward to it';
  return `An address inside the cluster is not reachable from here: run ${forward} and give --prometheus http://localhost:9090`;
}
