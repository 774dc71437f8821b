/** GitHub and GitHub Enterprise Server (REST and, for auto-merge, GraphQL): pull requests and commit statuses. */
import { z } from 'zod';
import { cut, foremost, optional, type RepositoryForge } from './adapter.ts';
import { pathOf, remoteRepository } from './address.ts';
import type { Api, Connect } from './api.ts';
import { apiCredentials, tokenOf } from './credentials.ts';
import { forgeError } from './errors.ts';
import { githubApi, githubHeaders, graphqlBase } from './github-address.ts';
import type { ForgeAccess, PullRequest } from './port.ts';

const Pull = z.object({
  number: z.int().positive(),
  node_id: z.string(),
  html_url: z.string(),
  state: z.string(),
  merged_at: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  head: z.object({ sha: z.string() }),
});
type Pull = z.infer<typeof Pull>;

const Mutation = z.object({ errors: z.array(z.object({ message: z.string() })).optional() });

const states = { Pending: 'pending', Success: 'success', Failure: 'failure' } as const;

const enableAutoMerge =
  'mutation($id: ID!, $head: GitObjectID!) { enablePullRequestAutoMerge(input: {pullRequestId: $id, expectedHeadOid: $head, mergeMethod: MERGE}) { clientMutationId } }';

/** Binds the API to one repository. Throws `InvalidRequest` for a Secret or URL that cannot be used. */
export function github(access: ForgeAccess, connect: Connect): RepositoryForge {
  const { parts } = remoteRepository(access.name, access);
  const base = githubApi(access, access.secret['githubAppBaseURL']?.toString('utf8').trim() || undefined);
  const headers = { ...githubHeaders, authorization: `Bearer ${tokenOf(apiCredentials(access))}` };
  const api = connect(access, { base, headers });
  const graphql = connect(access, { base: graphqlBase(base), headers });
  const repository = `/repos/${pathOf(parts)}`;
  const owner = parts[0] ?? '';

  async function read(number: number): Promise<Pull> {
    return Pull.parse((await api({ method: 'GET', path: `${repository}/pulls/${number}` })).data);
  }

  async function find({
    branch,
    base: target,
  }: {
    branch: string;
    base: string;
  }): Promise<PullRequest | undefined> {
    const query = new URLSearchParams({
      head: `${owner}:${branch}`,
      base: target,
      state: 'all',
      sort: 'created',
      direction: 'desc',
      per_page: '30',
    });
    const { data } = await api({ method: 'GET', path: `${repository}/pulls?${query.toString()}` });
    return foremost(z.array(Pull).parse(data).map(pullOf));
  }

  return {
    find,
    get: async number => pullOf(await read(number)),

    async open({ branch, base: target, title, body, labels, reviewers }) {
      const answer = await api({
        method: 'POST',
        path: `${repository}/pulls`,
        data: { head: branch, base: target, title: cut(title, 255), body: cut(body, 65_536) },
      }).catch(async (error: unknown) => {
        // 422 is also what GitHub says where there is one already.
        const existing = await find({ branch, base: target });
        if (existing?.state !== 'Open') throw error;
        return existing;
      });
      const pull = 'data' in answer ? pullOf(Pull.parse(answer.data)) : answer;
      return { ...pull, notes: await decorate(api, repository, pull.number, labels, reviewers) };
    },

    async update(number, { title, body }) {
      const data = { title: cut(title, 255), body: cut(body, 65_536) };
      await api({ method: 'PATCH', path: `${repository}/pulls/${number}`, data });
    },

    async close(number, why) {
      if ((await read(number)).state !== 'open') return;
      await api({ method: 'POST', path: `${repository}/issues/${number}/comments`, data: { body: why } });
      await api({ method: 'PATCH', path: `${repository}/pulls/${number}`, data: { state: 'closed' } });
    },

    async autoMerge(number, head) {
      const { node_id: id, state } = await read(number);
      if (state !== 'open') return;
      const { data } = await graphql({
        method: 'POST',
        path: '/graphql',
        data: { query: enableAutoMerge, variables: { id, head } },
      });
      const [failure] = Mutation.parse(data).errors ?? [];
      if (failure === undefined) return;
      // Nothing is left to wait for, so GitHub wants it merged rather than scheduled.
      if (/clean status/iu.test(failure.message)) {
        await api({
          method: 'PUT',
          path: `${repository}/pulls/${number}/merge`,
          data: { sha: head, merge_method: 'merge' },
        });
        return;
      }
      throw forgeError('NotAllowed', access, cut(failure.message.replaceAll(/\s+/gu, ' '), 200));
    },

    async setStatus(commit, { state, context, description, url }) {
      const data = {
        state: states[state],
        context: cut(context, 255),
        description: cut(description, 140),
        ...(url === undefined ? {} : { target_url: url }),
      };
      await api({ method: 'POST', path: `${repository}/statuses/${commit}`, data });
    },
  };
}

/** A reviewer with a slash in it, `org/team`, is a team. */
async function decorate(
  api: Api,
  repository: string,
  number: number,
  labels: readonly string[],
  reviewers: readonly string[],
): Promise<string[]> {
  const notes: string[] = [];
  if (labels.length > 0) {
    const path = `${repository}/issues/${number}/labels`;
    notes.push(...(await optional('labels', async () => api({ method: 'POST', path, data: { labels } }))));
  }
  if (reviewers.length > 0) {
    const path = `${repository}/pulls/${number}/requested_reviewers`;
    const data = {
      reviewers: reviewers.filter(name => !name.includes('/')),
      team_reviewers: reviewers.filter(name => name.includes('/')).map(name => name.split('/').at(-1)),
    };
    notes.push(...(await optional('reviewers', async () => api({ method: 'POST', path, data }))));
  }
  return notes;
}

function pullOf({ number, html_url, state, merged_at, merge_commit_sha, head }: Pull): PullRequest {
  const merged = typeof merged_at === 'string';
  const open = state === 'open' ? 'Open' : 'Closed';
  return {
    number,
    url: html_url,
    state: merged ? 'Merged' : open,
    head: head.sha,
    ...(merged && merge_commit_sha ? { mergeCommit: merge_commit_sha } : {}),
  };
}
