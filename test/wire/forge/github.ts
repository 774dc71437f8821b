/** GitHub's REST API (2022-11-28) and the one GraphQL mutation, as its documentation has them: the endpoints that Siskin uses. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { z } from 'zod';
import {
  type HostOptions,
  mergeCommit,
  notFound,
  openPull,
  pullAt,
  type Reply,
  type StoredPull,
} from './host.ts';

export const githubToken = 'github_pat_0123456789abcdef';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const appKey = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
/** Tokens that the App's endpoint gave out, in order. */
export const installationTokens: string[] = [];

const NewPull = z.strictObject({
  title: z.string().min(1),
  head: z.string(),
  base: z.string(),
  body: z.string(),
});
const ChangedPull = z.strictObject({
  title: z.string().optional(),
  body: z.string().optional(),
  state: z.enum(['open', 'closed']).optional(),
});
const NewStatus = z.strictObject({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  context: z.string(),
  description: z.string().max(140),
  target_url: z.string().optional(),
});
const Graphql = z.strictObject({
  query: z.string().includes('enablePullRequestAutoMerge'),
  variables: z.strictObject({ id: z.string(), head: z.string() }),
});
const TokenRequest = z.strictObject({
  repositories: z.tuple([z.literal('manifests')]),
  permissions: z.strictObject({
    contents: z.literal('write'),
    pull_requests: z.literal('write'),
    statuses: z.literal('write'),
    metadata: z.literal('read'),
  }),
});

/** Prefix `/api` so that `/v3` (REST) and `/graphql` stand beside one another, as on an Enterprise Server. */
export const githubHost: HostOptions = {
  prefix: '/api',
  refuses(headers) {
    if (headers['user-agent'] === undefined)
      return { status: 403, body: 'Request forbidden by administrative rules.' };
    if (headers['x-github-api-version'] !== '2022-11-28')
      return { status: 400, body: { message: 'version' } };
    const token = /^Bearer (\S+)$/u.exec(headers.authorization ?? '')?.[1] ?? '';
    const known = token === githubToken || installationTokens.includes(token) || isAppJwt(token);
    return known ? undefined : { status: 401, body: { message: 'Bad credentials' } };
  },
  endpoints(memory, origin) {
    const show = (pull: StoredPull) => ({
      number: pull.number,
      node_id: `PR_${pull.number}`,
      html_url: `${origin()}/acme/manifests/pull/${pull.number}`,
      title: pull.title,
      body: pull.body,
      state: pull.state === 'open' ? 'open' : 'closed',
      merged_at: pull.state === 'merged' ? '2030-01-01T00:00:00Z' : null,
      merge_commit_sha: mergeCommit,
      head: { ref: pull.branch, sha: pull.head },
    });
    return [
      {
        route: 'POST /v3/app/installations/:id/access_tokens',
        body: TokenRequest,
        answer() {
          const token = `ghs_${installationTokens.length}${'x'.repeat(30)}`;
          installationTokens.push(token);
          return { status: 201, body: { token, expires_at: '2030-01-01T01:00:00Z' } };
        },
      },
      {
        route: 'GET /v3/repos/:owner/:name/pulls',
        query: ['state', 'head', 'base', 'sort', 'direction', 'per_page', 'page'],
        answer: ({ query }) => ({
          status: 200,
          body: memory.pulls
            .filter(pull => query.get('head') === `acme:${pull.branch}` && query.get('base') === pull.base)
            .filter(pull => query.get('state') === 'all' || pull.state === 'open')
            .toReversed()
            .map(show),
        }),
      },
      {
        route: 'GET /v3/repos/:owner/:name/pulls/:number',
        answer(call) {
          const pull = pullAt(memory, call);
          return pull === undefined ? notFound : { status: 200, body: show(pull) };
        },
      },
      {
        route: 'POST /v3/repos/:owner/:name/pulls',
        body: NewPull,
        answer({ body }) {
          const { head, ...rest } = NewPull.parse(body);
          if (!memory.branches.has(head)) return invalid('PullRequest', 'head', 'invalid');
          const pull = openPull(memory, { branch: head, ...rest });
          if (pull !== undefined) return { status: 201, body: show(pull) };
          return invalid('PullRequest', '', `A pull request already exists for acme:${head}.`);
        },
      },
      {
        route: 'PATCH /v3/repos/:owner/:name/pulls/:number',
        body: ChangedPull,
        answer(call) {
          const pull = pullAt(memory, call);
          if (pull === undefined) return notFound;
          const { title, body, state } = ChangedPull.parse(call.body);
          if (title !== undefined) pull.title = title;
          if (body !== undefined) pull.body = body;
          if (state === 'closed') pull.state = 'closed';
          return { status: 200, body: show(pull) };
        },
      },
      {
        route: 'POST /v3/repos/:owner/:name/issues/:number/labels',
        body: z.strictObject({ labels: z.array(z.string()).min(1) }),
        answer(call) {
          const { labels } = z.object({ labels: z.array(z.string()) }).parse(call.body);
          pullAt(memory, call)?.labels.push(...labels);
          return { status: 200, body: [] };
        },
      },
      {
        route: 'POST /v3/repos/:owner/:name/pulls/:number/requested_reviewers',
        body: z.strictObject({ reviewers: z.array(z.string()), team_reviewers: z.array(z.string()) }),
        answer(call) {
          const { reviewers } = z.object({ reviewers: z.array(z.string()) }).parse(call.body);
          if (reviewers.includes('nobody'))
            return invalid('PullRequest', '', 'Reviews may only be requested from collaborators.');
          pullAt(memory, call)?.reviewers.push(...reviewers);
          return { status: 201, body: {} };
        },
      },
      {
        route: 'POST /v3/repos/:owner/:name/issues/:number/comments',
        body: z.strictObject({ body: z.string().min(1) }),
        answer(call) {
          const { body } = z.object({ body: z.string() }).parse(call.body);
          pullAt(memory, call)?.comments.push(body);
          return { status: 201, body: {} };
        },
      },
      {
        route: 'POST /graphql',
        body: Graphql,
        answer({ body }) {
          const { id, head } = Graphql.parse(body).variables;
          const pull = memory.pulls.find(({ number }) => id === `PR_${number}`);
          if (pull === undefined || pull.head !== head)
            return { status: 200, body: { data: null, errors: [{ message: 'Head sha did not match' }] } };
          pull.autoMerge = head;
          return { status: 200, body: { data: { enablePullRequestAutoMerge: { clientMutationId: null } } } };
        },
      },
      {
        route: 'PUT /v3/repos/:owner/:name/pulls/:number/merge',
        body: z.strictObject({ sha: z.string(), merge_method: z.enum(['merge', 'squash', 'rebase']) }),
        answer(call) {
          const pull = pullAt(memory, call);
          if (pull === undefined) return notFound;
          pull.state = 'merged';
          return { status: 200, body: { merged: true, sha: mergeCommit } };
        },
      },
      {
        route: 'POST /v3/repos/:owner/:name/statuses/:commit',
        body: NewStatus,
        answer({ params, body }) {
          const { state, context, description } = NewStatus.parse(body);
          memory.statuses.push({ commit: params['commit'] ?? '', state, context, description });
          return { status: 201, body: {} };
        },
      },
    ];
  },
};

function invalid(resource: string, field: string, message: string): Reply {
  return {
    status: 422,
    body: { message: 'Validation Failed', errors: [{ resource, code: 'custom', field, message }] },
  };
}

/** As GitHub checks it: the App's key, not from the future, and for ten minutes at most. */
function isAppJwt(token: string): boolean {
  const [head = '', claims = '', signature = ''] = token.split('.');
  if (signature === '') return false;
  const { iat, exp, iss } = z
    .object({ iat: z.int(), exp: z.int(), iss: z.string() })
    .parse(JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')));
  const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
  const signed = verify(
    'RSA-SHA256',
    Buffer.from(`${head}.${claims}`),
    key,
    Buffer.from(signature, 'base64url'),
  );
  return signed && exp - iat <= 600 && iss === '12345';
}
