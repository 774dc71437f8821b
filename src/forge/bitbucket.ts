/** Bitbucket Cloud (API 2.0, https://developer.atlassian.com/cloud/bitbucket/rest/): pull requests and build statuses. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { cut, foremost, type RepositoryForge } from './adapter.ts';
import { pathOf, remoteRepository } from './address.ts';
import type { Connect } from './api.ts';
import { apiCredentials, basic } from './credentials.ts';
import { forgeError } from './errors.ts';
import { type ForgeAccess, ForgeError, type PullRequest } from './port.ts';

const Commit = z.object({ hash: z.string() });
const Pull = z.object({
  id: z.int().positive(),
  state: z.string(),
  links: z.object({ html: z.object({ href: z.string() }) }),
  source: z.object({ commit: Commit.nullish() }),
  merge_commit: Commit.nullish(),
});
type Pull = z.infer<typeof Pull>;

const states = { Pending: 'INPROGRESS', Success: 'SUCCESSFUL', Failure: 'FAILED' } as const;

/** Binds the API to one repository. Throws `InvalidRequest` for a Secret or URL that cannot be used. */
export function bitbucket(access: ForgeAccess, connect: Connect): RepositoryForge {
  const { origin, parts } = remoteRepository(access.name, access);
  const { token, username, password = '' } = apiCredentials(access);
  // The user that goes with a repository's or workspace's access token in git; the API wants the token alone.
  const bearer = token ?? (username === undefined || username === 'x-token-auth' ? password : undefined);
  const authorization = bearer === undefined ? basic(username ?? '', password) : `Bearer ${bearer}`;
  const api = connect(access, {
    base: access.apiUrl ?? 'https://api.bitbucket.org/2.0',
    headers: { authorization },
  });
  const repository = `/repositories/${pathOf(parts)}`;
  const pulls = `${repository}/pullrequests`;

  async function read(id: number): Promise<PullRequest> {
    return pullOf(Pull.parse((await api({ method: 'GET', path: `${pulls}/${id}` })).data));
  }

  async function find({ branch, base }: { branch: string; base: string }): Promise<PullRequest | undefined> {
    const query = new URLSearchParams({
      q: `source.branch.name = ${JSON.stringify(branch)} AND destination.branch.name = ${JSON.stringify(base)}`,
      sort: '-created_on',
      pagelen: '30',
    });
    // Without these only open ones are listed.
    for (const state of ['OPEN', 'MERGED', 'DECLINED', 'SUPERSEDED']) query.append('state', state);
    const { data } = await api({ method: 'GET', path: `${pulls}?${query.toString()}` });
    return foremost(
      z
        .object({ values: z.array(Pull) })
        .parse(data)
        .values.map(pullOf),
    );
  }

  return {
    find,
    get: read,

    async open({ branch, base, title, body, labels, reviewers }) {
      // Asking twice would bring the text of the first up to date, or make a second one: both are asked for by nobody.
      const existing = await find({ branch, base });
      const notes = labels.length === 0 ? [] : ['labels: Bitbucket Cloud has none'];
      if (existing?.state === 'Open') return { ...existing, notes };
      const data = {
        title: cut(title, 255),
        description: body,
        source: { branch: { name: branch } },
        destination: { branch: { name: base } },
        close_source_branch: true,
      };
      // A user is known by its id in braces, or by its account.
      const people = reviewers.map(id => (id.startsWith('{') ? { uuid: id } : { account_id: id }));
      const create = async (extra: object): Promise<PullRequest> =>
        pullOf(Pull.parse((await api({ method: 'POST', path: pulls, data: { ...data, ...extra } })).data));
      if (people.length === 0) return { ...(await create({})), notes };
      try {
        return { ...(await create({ reviewers: people })), notes };
      } catch (error) {
        if (!(error instanceof ForgeError) || error.code !== 'Rejected') throw error;
        return { ...(await create({})), notes: [...notes, `reviewers: ${error.message}`] };
      }
    },

    async update(id, { title, body }) {
      const data = { title: cut(title, 255), description: body };
      await api({ method: 'PUT', path: `${pulls}/${id}`, data });
    },

    async close(id, why) {
      if ((await read(id)).state !== 'Open') return;
      await api({ method: 'POST', path: `${pulls}/${id}/comments`, data: { content: { raw: why } } });
      await api({ method: 'POST', path: `${pulls}/${id}/decline` });
    },

    autoMerge: () =>
      Promise.reject(forgeError('NotAllowed', access, 'Bitbucket Cloud merges nothing by itself')),

    async setStatus(commit, { state, context, description, url }) {
      await api({
        method: 'POST',
        path: `${repository}/commit/${commit}/statuses/build`,
        data: {
          key: keyOf(context),
          name: cut(context, 255),
          state: states[state],
          description: cut(description, 255),
          // Bitbucket wants one.
          url: url ?? `${origin}/${pathOf(parts)}`,
        },
      });
    },
  };
}

/** Bitbucket takes 40 characters. */
function keyOf(context: string): string {
  return context.length <= 40 ? context : createHash('sha256').update(context).digest('hex').slice(0, 40);
}

function pullOf({ id, state, links, source, merge_commit }: Pull): PullRequest {
  const open = state === 'OPEN' ? 'Open' : 'Closed';
  return {
    number: id,
    url: links.html.href,
    state: state === 'MERGED' ? 'Merged' : open,
    // Twelve characters of it.
    head: source.commit?.hash ?? '',
    ...(state === 'MERGED' && merge_commit?.hash ? { mergeCommit: merge_commit.hash } : {}),
  };
}
