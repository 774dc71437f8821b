/** Gitea and Forgejo (API v1, https://docs.gitea.com/api): pull requests and commit statuses. */
import { z } from 'zod';
import { cut, foremost, optional, type RepositoryForge } from './adapter.ts';
import { pathOf, remoteRepository } from './address.ts';
import type { Connect } from './api.ts';
import { apiCredentials, basic } from './credentials.ts';
import { forgeError } from './errors.ts';
import { type ForgeAccess, ForgeError, type PullRequest } from './port.ts';

const Pull = z.object({
  number: z.int().positive(),
  html_url: z.string(),
  state: z.string(),
  merged: z.boolean().nullish(),
  merge_commit_sha: z.string().nullish(),
  head: z.object({ ref: z.string(), sha: z.string().nullish(), repo_id: z.int().nullish() }),
  base: z.object({ ref: z.string(), repo_id: z.int().nullish() }),
});
type Pull = z.infer<typeof Pull>;

const Labels = z.array(z.object({ name: z.string() }));

const pageSize = 50;
/** The newest thousand: a pull request of ours is looked for within minutes of its birth. */
const mostPages = 20;

const states = { Pending: 'pending', Success: 'success', Failure: 'failure' } as const;

/** Binds the API to one repository. Throws `InvalidRequest` for a Secret or URL that cannot be used. */
export function gitea(access: ForgeAccess, connect: Connect): RepositoryForge {
  const { origin, parts } = remoteRepository(access.name, access);
  const credentials = apiCredentials(access);
  const { token, username, password = '' } = credentials;
  const api = connect(access, {
    base: access.apiUrl ?? `${origin}/api/v1`,
    headers: {
      authorization:
        token === undefined && username !== undefined
          ? basic(username, password)
          : `token ${token ?? password}`,
    },
  });
  const repository = `/repos/${pathOf(parts)}`;

  async function read(number: number): Promise<PullRequest> {
    return pullOf(Pull.parse((await api({ method: 'GET', path: `${repository}/pulls/${number}` })).data));
  }

  async function find({ branch, base }: { branch: string; base: string }): Promise<PullRequest | undefined> {
    for (const state of ['open', 'closed']) {
      for (let page = 1; page <= mostPages; page += 1) {
        const query = `state=${state}&base_branch=${encodeURIComponent(base)}&sort=recentupdate&limit=${pageSize}&page=${page}`;
        const { data } = await api({ method: 'GET', path: `${repository}/pulls?${query}` });
        const listed = z.array(Pull).parse(data);
        const found = foremost(listed.filter(pull => isOurs(pull, branch, base)).map(pullOf));
        if (found !== undefined) return found;
        if (listed.length < pageSize) break;
      }
    }
    return undefined;
  }

  return {
    find,
    get: read,

    async open({ branch, base, title, body, labels, reviewers }) {
      // 409: there is one for this branch already.
      const answer = await api({
        method: 'POST',
        path: `${repository}/pulls`,
        data: { head: branch, base, title: cut(title, 255), body },
        accept: [409],
      });
      const existing = answer.status === 409 ? await find({ branch, base }) : undefined;
      const pull = existing ?? pullOf(Pull.parse(answer.data));
      const notes = [
        ...(labels.length === 0
          ? []
          : await optional('labels', async () => {
              const path = `${repository}/issues/${pull.number}/labels`;
              const { data } = await api({ method: 'POST', path, data: { labels } });
              // Names of labels that the repository does not have are left out without a word.
              const names = new Set(Labels.parse(data).map(({ name }) => name));
              const unknown = labels.filter(label => !names.has(label));
              if (unknown.length > 0) throw forgeError('NotFound', access, unknown.join(', '));
            })),
        ...(reviewers.length === 0
          ? []
          : await optional('reviewers', async () =>
              api({
                method: 'POST',
                path: `${repository}/pulls/${pull.number}/requested_reviewers`,
                data: { reviewers },
              }),
            )),
      ];
      return { ...pull, notes };
    },

    async update(number, { title, body }) {
      const data = { title: cut(title, 255), body };
      await api({ method: 'PATCH', path: `${repository}/pulls/${number}`, data });
    },

    async close(number, why) {
      if ((await read(number)).state !== 'Open') return;
      await api({ method: 'POST', path: `${repository}/issues/${number}/comments`, data: { body: why } });
      await api({ method: 'PATCH', path: `${repository}/pulls/${number}`, data: { state: 'closed' } });
    },

    async autoMerge(number, head) {
      // What Gitea schedules is pinned to no commit; what was pushed since is looked at again before it is asked.
      const { state, head: tip } = await read(number);
      if (state !== 'Open') return;
      if (tip !== head)
        throw forgeError('Conflict', access, 'the branch is not yet, or no longer, at the commit');
      await api({
        method: 'POST',
        path: `${repository}/pulls/${number}/merge`,
        data: {
          Do: 'merge',
          head_commit_id: head,
          merge_when_checks_succeed: true,
          delete_branch_after_merge: true,
        },
      }).catch((error: unknown) => {
        // Asking again is a conflict to Gitea.
        if (!(error instanceof ForgeError) || error.code !== 'Conflict' || !/scheduled/iu.test(error.message))
          throw error;
      });
    },

    async setStatus(commit, { state, context, description, url }) {
      const data = {
        state: states[state],
        context,
        description: cut(description, 255),
        target_url: url ?? '',
      };
      await api({ method: 'POST', path: `${repository}/statuses/${commit}`, data });
    },
  };
}

/** A fork may have a branch of the same name. */
function isOurs({ head, base }: Pull, branch: string, target: string): boolean {
  return head.ref === branch && base.ref === target && head.repo_id === base.repo_id;
}

function pullOf({ number, html_url, state, merged, merge_commit_sha, head }: Pull): PullRequest {
  const open = state === 'open' ? 'Open' : 'Closed';
  return {
    number,
    url: html_url,
    state: merged === true ? 'Merged' : open,
    head: head.sha ?? '',
    ...(merged === true && merge_commit_sha ? { mergeCommit: merge_commit_sha } : {}),
  };
}
