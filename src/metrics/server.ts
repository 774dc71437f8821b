/** Which metrics server a check asks, with whose credentials, and whether address rules apply to it. */
import type { CheckRequest } from './port.ts';
import { type PrometheusAccess, parseAddress } from './prometheus.ts';
import { presentable } from './text.ts';

interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** The operator's own server, which no address rule applies to. */
export interface DefaultServer {
  readonly address: string;
  /** Keys as in a MetricTemplate's Secret. */
  readonly secret?: SecretName;
  readonly insecureSkipVerify?: boolean;
}

/** A server before its Secret is read. */
export interface Server {
  readonly access: PrometheusAccess;
  readonly secret?: SecretName;
  /** A tenant chose the address. */
  readonly guarded: boolean;
}

/** As Flagger names them. */
const supportedTypes = ['prometheus'];

/** The server, or a sentence that says why there is none. Throws HttpError for an address that is malformed. */
export function serverOf(
  { template, metricsServer = '' }: Pick<CheckRequest, 'template' | 'metricsServer'>,
  own: DefaultServer | undefined,
): Server | { readonly problem: string } {
  const isGuarded = (address: string): boolean => own === undefined || parseAddress(address) !== own.address;
  const {
    type = 'prometheus',
    address = '',
    headers = {},
    secretRef,
    insecureSkipVerify = false,
  } = template?.spec.provider ?? {};
  if (!supportedTypes.includes(type)) {
    const supported = supportedTypes.join(', ');
    return { problem: `provider type '${presentable(type)}' is not supported (supported: ${supported})` };
  }
  if (address !== '') {
    const namespace = template?.namespace ?? '';
    return {
      access: { address, insecureSkipVerify, headers },
      guarded: isGuarded(address),
      ...(secretRef === undefined ? {} : { secret: { namespace, name: secretRef.name } }),
    };
  }
  if (Object.keys(headers).length > 0 || secretRef !== undefined || insecureSkipVerify) {
    // Beside the operator's own credentials, a tenant's header could ask for somebody else's data.
    return { problem: 'headers, secretRef and insecureSkipVerify of a provider need its address' };
  }
  if (metricsServer !== '') return { access: { address: metricsServer }, guarded: isGuarded(metricsServer) };
  if (own === undefined) {
    return { problem: 'no metrics server: set metricsServer in the Canary, or one for the operator' };
  }
  const { secret, ...access } = own;
  return { access, guarded: false, ...(secret === undefined ? {} : { secret }) };
}
