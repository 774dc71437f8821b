/** Where GitHub's API is, on github.com and on GitHub Enterprise Server. */
import { remoteRepository } from './address.ts';
import type { ForgeAccess } from './port.ts';

/** https://docs.github.com/rest/about-the-rest-api/api-versions */
export const githubHeaders: Readonly<Record<string, string>> = {
  accept: 'application/vnd.github+json',
  'x-github-api-version': '2022-11-28',
};

/** `secretBase` is what the Secret of an App says. */
export function githubApi(access: ForgeAccess, secretBase?: string): string {
  const base = access.apiUrl ?? secretBase;
  if (base !== undefined) return base.replace(/\/+$/u, '');
  const { origin } = remoteRepository(access.name, access);
  return origin === 'https://github.com' ? 'https://api.github.com' : `${origin}/api/v3`;
}

/** GraphQL stands beside the REST API: `/graphql` on api.github.com, `/api/graphql` beside `/api/v3`. */
export function graphqlBase(rest: string): string {
  return rest.replace(/\/v3$/u, '');
}
