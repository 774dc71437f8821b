/** The Secret of a repository as each host's API wants it. */
import { forgeError } from './errors.ts';
import type { ForgeAccess } from './port.ts';

/** What a Secret offers an API; of an SSH repository nothing that belongs to its key. */
export interface ApiCredentials {
  /** A token by itself. */
  readonly token?: string;
  /** User and password, as git sends them. */
  readonly username?: string;
  readonly password?: string;
}

/** `apiToken` wins, for repositories whose Git credentials can only push. Throws where the Secret has nothing to offer, or garbage. */
export function apiCredentials(access: ForgeAccess): ApiCredentials {
  const { secret, url } = access;
  const text = (key: string): string | undefined => {
    // Editors and `kubectl create secret --from-file` leave a line break at the end.
    const value = secret[key]?.toString('utf8').trim();
    if (value === undefined || value === '') return undefined;
    // A line break would end the header, and a complaint about it would quote the rest.
    if (!/^[\u0020-\u007e]+$/u.test(value))
      throw forgeError(
        'InvalidRequest',
        access,
        `the key ${key} of its Secret holds characters that no token has`,
      );
    return value;
  };
  const token = text('apiToken') ?? text('bearerToken');
  if (token !== undefined) return { token };
  // Beside an SSH key, `password` is the passphrase of that key.
  const password = url.startsWith('ssh://') ? undefined : text('password');
  if (password === undefined) {
    throw forgeError(
      'InvalidRequest',
      access,
      'its Secret needs the key apiToken, bearerToken, or username and password',
    );
  }
  const username = text('username');
  return { password, ...(username === undefined ? {} : { username }) };
}

/** RFC 7617. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The token, whether it is given by itself or as a password. */
export function tokenOf({ token, password }: ApiCredentials): string {
  return token ?? password ?? '';
}
