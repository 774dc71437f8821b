/** Gitea's API as its swagger documents it (v1.25): the endpoints that Siskin uses. */
import { z } from 'zod';
import {
  type HostOptions,
  type Memory,
  mergeCommit,
  notFound,
  openPull,
  pullAt,
  type StoredPull,
} from './host.ts';

export const giteaToken = 'gitea-token-0123456789';

const CreatePullRequestOption = z.strictObject({
  head: z.string(),
  base: z.string(),
  title: z.string().min(1).max(255),
  body: z.string(),
});
const EditPullRequestOption = z.strictObject({
  title: z.string().optional(),
  body: z.string().optional(),
  state: z.enum(['open', 'closed']).optional(),
});
const MergePullRequestOption = z.strictObject({
  Do: z.enum(['merge', 'rebase', 'rebase-merge', 'squash', 'fast-forward-only', 'manually-merged']),
  head_commit_id: z.string(),
  merge_when_checks_succeed: z.boolean(),
  delete_branch_after_merge: z.boolean(),
});
const CreateStatusOption = z.strictObject({
  state: z.enum(['pending', 'success', 'error', 'failure', 'warning', 'skipped']),
  context: z.string(),
  description: z.string(),
  target_url: z.string(),
});

export const giteaHost: HostOptions = {
  prefix: '/api/v1',
  refuses: ({ authorization }) =>
    authorization === `token ${giteaToken}` ||
    authorization === `Basic ${Buffer.from(`siskin:${giteaToken}`).toString('base64')}`
      ? undefined
      : { status: 401, body: { message: 'user does not exist [uid: 0, name: ]' } },
  endpoints(memory, origin) {
    const show = (pull: StoredPull) => ({
      number: pull.number,
      html_url: `${origin()}/acme/manifests/pulls/${pull.number}`,
      title: pull.title,
      body: pull.body,
      state: pull.state === 'open' ? 'open' : 'closed',
      merged: pull.state === 'merged',
      merge_commit_sha: pull.state === 'merged' ? mergeCommit : null,
      head: { label: pull.branch, ref: pull.branch, sha: pull.head, repo_id: 7 },
      base: { label: pull.base, ref: pull.base, sha: '', repo_id: 7 },
    });
    return [
      {
        route: 'GET /repos/:owner/:name/pulls',
        query: ['state', 'sort', 'limit', 'page', 'milestone', 'labels', 'poster', 'base_branch'],
        answer: ({ query }) => ({ status: 200, body: listed(memory, query).map(show) }),
      },
      {
        route: 'GET /repos/:owner/:name/pulls/:number',
        answer(call) {
          const pull = pullAt(memory, call);
          return pull === undefined ? notFound : { status: 200, body: show(pull) };
        },
      },
      {
        route: 'POST /repos/:owner/:name/pulls',
        body: CreatePullRequestOption,
        answer({ body }) {
          const { head, ...rest } = CreatePullRequestOption.parse(body);
          if (!memory.branches.has(head))
            return { status: 404, body: { message: "The target couldn't be found." } };
          const pull = openPull(memory, { branch: head, ...rest });
          if (pull !== undefined) return { status: 201, body: show(pull) };
          return { status: 409, body: { message: 'pull request already exists for these targets' } };
        },
      },
      {
        route: 'PATCH /repos/:owner/:name/pulls/:number',
        body: EditPullRequestOption,
        answer(call) {
          const pull = pullAt(memory, call);
          if (pull === undefined) return notFound;
          const { title, body, state } = EditPullRequestOption.parse(call.body);
          if (title !== undefined) pull.title = title;
          if (body !== undefined) pull.body = body;
          if (state === 'closed') pull.state = 'closed';
          return { status: 201, body: show(pull) };
        },
      },
      {
        route: 'POST /repos/:owner/:name/issues/:number/labels',
        body: z.strictObject({ labels: z.array(z.string()) }),
        answer(call) {
          const { labels } = z.object({ labels: z.array(z.string()) }).parse(call.body);
          const known = labels.filter(label => label !== 'unknown');
          pullAt(memory, call)?.labels.push(...known);
          return { status: 200, body: known.map(name => ({ name })) };
        },
      },
      {
        route: 'POST /repos/:owner/:name/pulls/:number/requested_reviewers',
        body: z.strictObject({ reviewers: z.array(z.string()) }),
        answer(call) {
          const { reviewers } = z.object({ reviewers: z.array(z.string()) }).parse(call.body);
          if (reviewers.includes('nobody')) return { status: 404, body: { message: 'UserNotExist' } };
          pullAt(memory, call)?.reviewers.push(...reviewers);
          return { status: 201, body: [] };
        },
      },
      {
        route: 'POST /repos/:owner/:name/issues/:number/comments',
        body: z.strictObject({ body: z.string().min(1) }),
        answer(call) {
          const { body } = z.object({ body: z.string() }).parse(call.body);
          pullAt(memory, call)?.comments.push(body);
          return { status: 201, body: { id: 1 } };
        },
      },
      {
        route: 'POST /repos/:owner/:name/pulls/:number/merge',
        body: MergePullRequestOption,
        answer(call) {
          const pull = pullAt(memory, call);
          if (pull === undefined) return notFound;
          if (pull.state !== 'open') return { status: 405, body: { message: 'The PR is already merged' } };
          const message = 'pull request is already scheduled to auto merge when checks succeed [pull_id: 1]';
          if (pull.autoMerge !== undefined) return { status: 409, body: { message } };
          // Not what was asked for: v1.25 compares no commit for what it schedules.
          pull.autoMerge = pull.head;
          return { status: 201 };
        },
      },
      {
        route: 'POST /repos/:owner/:name/statuses/:commit',
        body: CreateStatusOption,
        answer({ params, body }) {
          const { state, context, description } = CreateStatusOption.parse(body);
          memory.statuses.push({ commit: params['commit'] ?? '', state, context, description });
          return { status: 201, body: {} };
        },
      },
    ];
  },
};

function listed({ pulls }: Memory, query: URLSearchParams): StoredPull[] {
  const state = query.get('state');
  const limit = Number(query.get('limit'));
  const from = (Number(query.get('page')) - 1) * limit;
  return pulls
    .filter(pull => state === 'all' || (pull.state === 'open') === (state === 'open'))
    .toReversed()
    .slice(from, from + limit);
}
