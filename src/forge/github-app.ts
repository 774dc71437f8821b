/** Tokens of a GitHub App: asked for one repository and three rights, and kept until shortly before they end. */
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { z } from 'zod';
import { remoteRepository } from './address.ts';
import type { Connect } from './api.ts';
import { forgeError } from './errors.ts';
import { githubApi, githubHeaders } from './github-address.ts';
import type { ForgeAccess } from './port.ts';

export interface AppTokens {
  /** Undefined where the Secret has no GitHub App. Rejects with `ForgeError`. */
  tokenFor(access: ForgeAccess): Promise<string | undefined>;
}

interface App {
  readonly id: string;
  readonly installation: string;
  readonly key: string;
  readonly base?: string;
}

const Token = z.object({ token: z.string().min(1).max(1024), expires_at: z.iso.datetime({ offset: true }) });

/** GitHub's tokens last an hour; one that ends within a push would fail it. */
const leastLeftMs = 5 * 60_000;
const mostKept = 64;

/** Everything that Siskin does with a repository, and nothing else. */
const permissions = {
  contents: 'write',
  pull_requests: 'write',
  statuses: 'write',
  metadata: 'read',
} as const;

export function createAppTokens(deps: {
  readonly connect: Connect;
  /** Wall clock, ms. */
  readonly now: () => number;
  readonly hide: (secrets: readonly string[]) => void;
}): AppTokens {
  const kept = new Map<string, { readonly token: string; readonly endsAt: number }>();

  async function ask(access: ForgeAccess, app: App): Promise<{ token: string; endsAt: number }> {
    const { parts } = remoteRepository(access.name, access);
    const jwt = signed(access, app, deps.now());
    deps.hide([jwt]);
    const api = deps.connect(access, {
      base: githubApi(access, app.base),
      headers: { ...githubHeaders, authorization: `Bearer ${jwt}` },
    });
    const { data } = await api({
      method: 'POST',
      path: `/app/installations/${app.installation}/access_tokens`,
      data: { repositories: [parts.at(-1)], permissions },
    });
    const { token, expires_at } = Token.parse(data);
    deps.hide([token]);
    return { token, endsAt: Date.parse(expires_at) };
  }

  return {
    async tokenFor(access) {
      const app = appOf(access);
      if (app === undefined) return undefined;
      const now = deps.now();
      for (const [key, { endsAt }] of kept) if (endsAt - leastLeftMs <= now) kept.delete(key);
      const key = createHash('sha256')
        .update(JSON.stringify([access.url, access.apiUrl, app]))
        .digest('hex');
      const known = kept.get(key);
      if (known !== undefined) return known.token;
      const made = await ask(access, app);
      const [oldest] = kept.size < mostKept ? [] : kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
      kept.set(key, made);
      return made.token;
    },
  };
}

/** Flux's names of the keys. Throws where they are not complete. */
function appOf(access: ForgeAccess): App | undefined {
  if (access.provider !== 'GitHub') return undefined;
  const text = (key: string): string => access.secret[key]?.toString('utf8').trim() ?? '';
  const [id, installation, key] = ['githubAppID', 'githubAppInstallationID', 'githubAppPrivateKey'].map(text);
  if (!id && !installation && !key) return undefined;
  if (!/^\w{1,64}$/u.test(id ?? '') || !/^\d{1,20}$/u.test(installation ?? '') || !key) {
    throw forgeError(
      'InvalidRequest',
      access,
      'its Secret needs githubAppID, githubAppInstallationID and githubAppPrivateKey together',
    );
  }
  const base = text('githubAppBaseURL');
  return { id: id ?? '', installation: installation ?? '', key, ...(base === '' ? {} : { base }) };
}

/** RFC 7519 with RS256, as GitHub asks: issued a minute ago against clocks that differ, for less than ten minutes. */
function signed(access: ForgeAccess, { id, key }: App, now: number): string {
  const seconds = Math.floor(now / 1_000);
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: seconds - 60, exp: seconds + 540, iss: id })}`;
  try {
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), createPrivateKey(key)).toString('base64url')}`;
  } catch {
    // The complaint of the library could quote the key.
    throw forgeError('InvalidRequest', access, 'githubAppPrivateKey in its Secret is no RSA key in PEM form');
  }
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
