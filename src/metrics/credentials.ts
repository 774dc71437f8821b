/** Reads what a metrics server asks for from its Secret, anew for every sample but for a short memory. */
import type { Redactor } from '../runtime/redact.ts';
import type { ReadSecret } from './port.ts';
import { presentable } from './text.ts';

export interface Credentials {
  /** The whole header value. */
  readonly authorization?: string;
  /** PEM. */
  readonly ca?: string;
}

/** The Secret cannot be used; `message` says which and why, without its contents. */
export class CredentialsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CredentialsError';
  }
}

/** One reconcile takes several samples; a rotated token is used after this time at the latest. */
const rememberedMs = 5_000;

export interface CredentialsDeps {
  readonly readSecret: ReadSecret;
  readonly now: () => number;
  readonly redactor: Redactor;
}

/** Gives a reader which rejects with CredentialsError. */
export function createCredentialsReader(
  deps: CredentialsDeps,
): (namespace: string, name: string) => Promise<Credentials> {
  const remembered = new Map<string, { until: number; credentials: Promise<Credentials> }>();

  return (namespace, name) => {
    const now = deps.now();
    // A clock that was set back must not keep an old token alive.
    const isFresh = (until: number): boolean => until > now && until <= now + rememberedMs;
    for (const [key, { until }] of remembered) if (!isFresh(until)) remembered.delete(key);
    const key = `${namespace}/${name}`;
    const known = remembered.get(key);
    if (known !== undefined) return known.credentials;
    const credentials = read(deps, namespace, name);
    remembered.set(key, { until: now + rememberedMs, credentials });
    credentials.catch(() => remembered.delete(key));
    return credentials;
  };
}

async function read(deps: CredentialsDeps, namespace: string, name: string): Promise<Credentials> {
  const secret = `Secret ${namespace}/${name}`;
  const data = await deps.readSecret(namespace, name).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : 'unknown error';
    throw new CredentialsError(`${secret} cannot be read: ${presentable(why, deps.redactor)}`);
  });
  if (data === undefined) throw new CredentialsError(`${secret} does not exist`);
  // Files end with a newline, and Secrets are often made from files.
  const text = (key: string): string | undefined => data[key]?.toString('utf8').replace(/[\r\n]+$/, '');
  const [token, username, password] = [text('token'), text('username'), text('password')];
  const ca = text('ca.crt') ?? text('caFile');
  const authorization = authorizationFrom(token, username, password);
  if (authorization === undefined && (ca === undefined || username !== undefined || password !== undefined)) {
    throw new CredentialsError(`${secret} needs the key token, or username and password, or ca.crt`);
  }
  deps.redactor.hide([token, password, authorization?.split(' ')[1]].filter(each => each !== undefined));
  return {
    ...(authorization === undefined ? {} : { authorization }),
    ...(ca === undefined ? {} : { ca }),
  };
}

function authorizationFrom(token?: string, username?: string, password?: string): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  if (username === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
