/** GitLab (API v4, https://docs.gitlab.com/api/): merge requests and commit statuses. */
import { z } from 'zod';
import { cut, foremost, optional, type RepositoryForge } from './adapter.ts';
import { remoteRepository } from './address.ts';
import type { Connect } from './api.ts';
import { apiCredentials } from './credentials.ts';
import { type ForgeAccess, ForgeError, type PullRequest } from './port.ts';

const Request = z.object({
  iid: z.int().positive(),
  web_url: z.string(),
  state: z.string(),
  sha: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  squash_commit_sha: z.string().nullish(),
});
type Request = z.infer<typeof Request>;

const Users = z.array(z.object({ id: z.int(), username: z.string() }));

const states = { Pending: 'pending', Success: 'success', Failure: 'failed' } as const;

/** Binds the API to one project. Throws `InvalidRequest` for a Secret or URL that cannot be used. */
export function gitlab(access: ForgeAccess, connect: Connect): RepositoryForge {
  const { origin, parts } = remoteRepository(access.name, access);
  const { token, password = '' } = apiCredentials(access);
  const api = connect(access, {
    base: access.apiUrl ?? `${origin}/api/v4`,
    // Personal, project and group tokens are taken in both forms, OAuth's only in the first.
    headers: token === undefined ? { 'private-token': password } : { authorization: `Bearer ${token}` },
  });
  const project = `/projects/${encodeURIComponent(parts.join('/'))}`;
  const requests = `${project}/merge_requests`;

  async function read(iid: number): Promise<PullRequest> {
    return pullOf(Request.parse((await api({ method: 'GET', path: `${requests}/${iid}` })).data));
  }

  async function find({ branch, base }: { branch: string; base: string }): Promise<PullRequest | undefined> {
    const query = new URLSearchParams({
      source_branch: branch,
      target_branch: base,
      state: 'all',
      order_by: 'created_at',
      sort: 'desc',
      per_page: '30',
    });
    const { data } = await api({ method: 'GET', path: `${requests}?${query.toString()}` });
    return foremost(z.array(Request).parse(data).map(pullOf));
  }

  async function idOf(username: string): Promise<number> {
    const query = new URLSearchParams({ username });
    const users = Users.parse((await api({ method: 'GET', path: `/users?${query.toString()}` })).data);
    const [user] = users;
    if (user === undefined) {
      throw new ForgeError('NotFound', `GitLab knows no user ${username}`, { transient: false });
    }
    return user.id;
  }

  return {
    find,
    get: read,

    async open({ branch, base, title, body, labels, reviewers }) {
      // 409: there is one for this branch already.
      const answer = await api({
        method: 'POST',
        path: requests,
        data: {
          source_branch: branch,
          target_branch: base,
          title: cut(title, 255),
          description: body,
          remove_source_branch: true,
          ...(labels.length === 0 ? {} : { labels: labels.join(',') }),
        },
        accept: [409],
      });
      const existing = answer.status === 409 ? await find({ branch, base }) : undefined;
      const pull = existing ?? pullOf(Request.parse(answer.data));
      const notes =
        reviewers.length === 0
          ? []
          : await optional('reviewers', async () => {
              const ids = await Promise.all(reviewers.map(idOf));
              await api({ method: 'PUT', path: `${requests}/${pull.number}`, data: { reviewer_ids: ids } });
            });
      return { ...pull, notes };
    },

    async update(iid, { title, body }) {
      const data = { title: cut(title, 255), description: body };
      await api({ method: 'PUT', path: `${requests}/${iid}`, data });
    },

    async close(iid, why) {
      if ((await read(iid)).state !== 'Open') return;
      await api({ method: 'POST', path: `${requests}/${iid}/notes`, data: { body: why } });
      await api({ method: 'PUT', path: `${requests}/${iid}`, data: { state_event: 'close' } });
    },

    async autoMerge(iid, head) {
      await api({
        method: 'PUT',
        path: `${requests}/${iid}/merge`,
        // The second name is that of GitLab before 17.11.
        data: {
          sha: head,
          auto_merge: true,
          merge_when_pipeline_succeeds: true,
          should_remove_source_branch: true,
        },
      }).catch((error: unknown) => {
        // To this call 401 says that the token may not merge, not that it is unknown.
        if (!(error instanceof ForgeError) || error.code !== 'AuthenticationFailed') throw error;
        throw new ForgeError('NotAllowed', error.message, { transient: false });
      });
    },

    async setStatus(commit, { state, context, description, url }) {
      await api({
        method: 'POST',
        path: `${project}/statuses/${commit}`,
        data: {
          state: states[state],
          name: cut(context, 255),
          description: cut(description, 255),
          ...(url === undefined ? {} : { target_url: url }),
        },
      }).catch((error: unknown) => {
        // The commit has this status already; GitLab takes saying so again for a mistake.
        if (!(error instanceof Error) || !error.message.includes('Cannot transition status')) throw error;
      });
    },
  };
}

function pullOf({ iid, web_url, state, sha, merge_commit_sha, squash_commit_sha }: Request): PullRequest {
  const merged = state === 'merged';
  // `locked` lasts as long as a merge takes.
  const open = state === 'opened' || state === 'locked' ? 'Open' : 'Closed';
  const mergeCommit = merge_commit_sha ?? squash_commit_sha;
  return {
    number: iid,
    url: web_url,
    state: merged ? 'Merged' : open,
    head: sha ?? '',
    ...(merged && mergeCommit ? { mergeCommit } : {}),
  };
}
