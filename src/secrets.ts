/** Secrets are read one by one when they are needed, never watched: least rights, and nothing of them stays in memory. */
import { z } from 'zod';
import { Secrets } from './api/resources.ts';
import type { Ports } from './controller/ports.ts';
import type { ReadSecret } from './metrics/port.ts';
import { ApiError, TerminalError } from './runtime/errors.ts';
import type { KubeClient } from './runtime/port.ts';
import type { Redactor } from './runtime/redact.ts';

const Data = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** Every value that was ever read is hidden from the log. Rejects with what to grant, as `denied` says it, where the right to read is missing. */
export function createSecretReader(
  kube: KubeClient,
  redactor: Redactor,
  denied: (secret: string, namespace: string) => string = deniedToOperator,
): ReadSecret {
  return async (namespace, name) => {
    const secret = await kube.get(Secrets, { namespace, name }).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 403) throw error;
      throw new TerminalError('SecretForbidden', denied(`Secret ${namespace}/${name}`, namespace));
    });
    if (secret === undefined) return undefined;
    const { data } = Data.parse(secret);
    const decoded = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
    );
    redactor.hide(
      Object.entries(decoded)
        .filter(([key]) => isSecret(key))
        .map(([, value]) => value.toString('utf8')),
    );
    return decoded;
  };
}

function deniedToOperator(secret: string, namespace: string): string {
  return `Siskin may not read ${secret}: bind ClusterRole siskin-secrets to its ServiceAccount in namespace ${namespace}`;
}

const plainKeys = new Set([
  'username',
  'ca.crt',
  'caFile',
  'known_hosts',
  'identity.pub',
  'githubAppID',
  'githubAppInstallationID',
  'githubAppBaseURL',
]);

/** Undefined where there is no such Secret, or it may not be read: either may change. */
export function createSecretVersions(kube: KubeClient): Ports['secretVersion'] {
  return async (namespace, name) => {
    const secret = await kube.get(Secrets, { namespace, name }).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 403) return undefined;
      throw error;
    });
    return secret?.metadata.resourceVersion;
  };
}

/** User names, numbers and certificates are no secrets; hiding them would blot out ordinary words. */
function isSecret(key: string): boolean {
  return !plainKeys.has(key);
}
