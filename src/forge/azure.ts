/** Azure DevOps (REST 7.1, https://learn.microsoft.com/rest/api/azure/devops/git/): pull requests and commit statuses. */
import { z } from 'zod';
import { cut, foremost, type RepositoryForge } from './adapter.ts';
import { pathOf, type RemoteRepository, remoteRepository } from './address.ts';
import type { Connect } from './api.ts';
import { apiCredentials, basic } from './credentials.ts';
import { forgeError } from './errors.ts';
import { type ForgeAccess, ForgeError, type PullRequest } from './port.ts';

const CommitRef = z.object({ commitId: z.string() });
const Pull = z.object({
  pullRequestId: z.int().positive(),
  status: z.string(),
  createdBy: z.object({ id: z.string() }),
  lastMergeSourceCommit: CommitRef.nullish(),
  lastMergeCommit: CommitRef.nullish(),
});
type Pull = z.infer<typeof Pull>;

const states = { Pending: 'pending', Success: 'succeeded', Failure: 'failed' } as const;
const version = 'api-version=7.1';
const mostDescription = 4_000;

/** Binds the API to one repository. Throws `InvalidRequest` for a Secret or URL that cannot be used. */
export function azure(access: ForgeAccess, connect: Connect): RepositoryForge {
  const place = placeOf(remoteRepository(access.name, access));
  const { token, password = '' } = apiCredentials(access);
  const api = connect(access, {
    base: access.apiUrl ?? place.collection,
    // A personal token goes as the password of nobody; `bearerToken` is one of Entra.
    headers: { authorization: token === undefined ? basic('', password) : authorizationOf(access, token) },
  });
  const repository = `/${encodeURIComponent(place.project)}/_apis/git/repositories/${encodeURIComponent(place.name)}`;
  const pulls = `${repository}/pullrequests`;
  const pullOf = (pull: Pull): PullRequest => asPullRequest(pull, place);

  async function read(id: number): Promise<Pull> {
    const answer = await api({ method: 'GET', path: `${pulls}/${id}?${version}` });
    return Pull.parse(known(access, answer.status, answer.data));
  }

  async function find({ branch, base }: { branch: string; base: string }): Promise<PullRequest | undefined> {
    const query = new URLSearchParams({
      'searchCriteria.sourceRefName': `refs/heads/${branch}`,
      'searchCriteria.targetRefName': `refs/heads/${base}`,
      'searchCriteria.status': 'all',
      $top: '30',
    });
    const answer = await api({ method: 'GET', path: `${pulls}?${query.toString()}&${version}` });
    const { value } = z.object({ value: z.array(Pull) }).parse(known(access, answer.status, answer.data));
    return foremost(value.map(pullOf));
  }

  async function change(id: number, data: object): Promise<void> {
    const answer = await api({ method: 'PATCH', path: `${pulls}/${id}?${version}`, data });
    known(access, answer.status, answer.data);
  }

  return {
    find,
    get: async id => pullOf(await read(id)),

    async open({ branch, base, title, body, labels, reviewers }) {
      const data = {
        sourceRefName: `refs/heads/${branch}`,
        targetRefName: `refs/heads/${base}`,
        title: cut(title, 400),
        description: cut(body, mostDescription),
        ...(labels.length === 0 ? {} : { labels: labels.map(name => ({ name })) }),
      };
      const create = async (extra: object): Promise<PullRequest> => {
        // 409: there is one for this branch already.
        const answer = await api({
          method: 'POST',
          path: `${pulls}?${version}`,
          data: { ...data, ...extra },
          accept: [409],
        });
        const existing = answer.status === 409 ? await find({ branch, base }) : undefined;
        return existing ?? pullOf(Pull.parse(known(access, answer.status, answer.data)));
      };
      if (reviewers.length === 0) return { ...(await create({})), notes: [] };
      try {
        return { ...(await create({ reviewers: reviewers.map(id => ({ id })) })), notes: [] };
      } catch (error) {
        if (!(error instanceof ForgeError) || (error.code !== 'Rejected' && error.code !== 'NotFound'))
          throw error;
        return { ...(await create({})), notes: [`reviewers: ${error.message}`] };
      }
    },

    update: async (id, { title, body }) =>
      change(id, { title: cut(title, 400), description: cut(body, mostDescription) }),

    async close(id, why) {
      if ((await read(id)).status !== 'active') return;
      await api({
        method: 'POST',
        path: `${pulls}/${id}/threads?${version}`,
        data: { comments: [{ parentCommentId: 0, content: why, commentType: 'text' }], status: 'closed' },
      });
      await change(id, { status: 'abandoned' });
    },

    async autoMerge(id, head) {
      const { status, createdBy, lastMergeSourceCommit } = await read(id);
      if (status !== 'active') return;
      // Azure pins no commit here; what was pushed since is looked at again before it is asked.
      if (lastMergeSourceCommit?.commitId !== head)
        throw forgeError('Conflict', access, 'the branch is not yet, or no longer, at the commit');
      await change(id, {
        autoCompleteSetBy: { id: createdBy.id },
        // Which strategy is allowed is the branch's policy to say.
        completionOptions: { deleteSourceBranch: true },
      });
    },

    async setStatus(commit, { state, context, description, url }) {
      const [genre = '', ...rest] = context.split('/');
      const answer = await api({
        method: 'POST',
        path: `${repository}/commits/${commit}/statuses?${version}`,
        data: {
          state: states[state],
          description: cut(description, 255),
          context: rest.length === 0 ? { name: genre } : { genre, name: rest.join('/') },
          ...(url === undefined ? {} : { targetUrl: url }),
        },
      });
      known(access, answer.status, answer.data);
    },
  };
}

/** 203 with a page is how Azure answers a token that it does not know. */
function known(access: ForgeAccess, status: number, data: unknown): unknown {
  if (status === 203) throw forgeError('AuthenticationFailed', access, 'it asks to sign in');
  return data;
}

/** `apiToken` is a personal token, like a password. */
function authorizationOf({ secret }: ForgeAccess, token: string): string {
  return secret['apiToken'] === undefined ? `Bearer ${token}` : basic('', token);
}

interface AzurePlace {
  /** Address of the organisation or collection. */
  readonly collection: string;
  readonly project: string;
  readonly name: string;
}

/** `dev.azure.com/org/project/repo`, or the older `org.visualstudio.com/project/repo`. */
function placeOf({ origin, parts }: RemoteRepository): AzurePlace {
  const name = parts.at(-1) ?? '';
  const project = parts.at(-2) ?? '';
  const above = parts.slice(0, -2);
  return { collection: above.length === 0 ? origin : `${origin}/${pathOf(above)}`, project, name };
}

function asPullRequest(pull: Pull, { collection, project, name }: AzurePlace): PullRequest {
  const { pullRequestId: number, status, lastMergeSourceCommit, lastMergeCommit } = pull;
  const merged = status === 'completed';
  return {
    number,
    url: `${collection}/${encodeURIComponent(project)}/_git/${encodeURIComponent(name)}/pullrequest/${number}`,
    state: merged ? 'Merged' : status === 'active' ? 'Open' : 'Closed',
    head: lastMergeSourceCommit?.commitId ?? '',
    ...(merged && lastMergeCommit ? { mergeCommit: lastMergeCommit.commitId } : {}),
  };
}
