/** GitLab's API v4 as its documentation has it: the endpoints that Siskin uses. */
import { z } from 'zod';
import { type HostOptions, mergeCommit, openPull, pullAt, type Reply, type StoredPull } from './host.ts';

export const gitlabToken = 'glpat-0123456789abcdef';

const NewRequest = z.strictObject({
  source_branch: z.string(),
  target_branch: z.string(),
  title: z.string().min(1).max(255),
  description: z.string().max(1_048_576),
  remove_source_branch: z.boolean(),
  labels: z.string().optional(),
});
const ChangedRequest = z.strictObject({
  title: z.string().optional(),
  description: z.string().optional(),
  state_event: z.enum(['close', 'reopen']).optional(),
  reviewer_ids: z.array(z.int()).optional(),
});
const Merge = z.strictObject({
  sha: z.string(),
  auto_merge: z.literal(true),
  merge_when_pipeline_succeeds: z.literal(true),
  should_remove_source_branch: z.boolean(),
});
const NewStatus = z.strictObject({
  state: z.enum(['pending', 'running', 'success', 'failed', 'canceled', 'skipped']),
  name: z.string(),
  description: z.string().max(255),
  target_url: z.string().optional(),
});

const missing: Reply = { status: 404, body: { message: '404 Not found' } };

export const gitlabHost: HostOptions = {
  prefix: '/api/v4',
  refuses: headers =>
    headers['private-token'] === gitlabToken || headers.authorization === `Bearer ${gitlabToken}`
      ? undefined
      : { status: 401, body: { message: '401 Unauthorized' } },
  endpoints(memory, origin) {
    const show = (pull: StoredPull) => ({
      id: 1_000 + pull.number,
      iid: pull.number,
      web_url: `${origin()}/acme/manifests/-/merge_requests/${pull.number}`,
      title: pull.title,
      description: pull.body,
      state: { open: 'opened', merged: 'merged', closed: 'closed' }[pull.state],
      sha: pull.head,
      merge_commit_sha: pull.state === 'merged' ? mergeCommit : null,
      squash_commit_sha: null,
    });
    return [
      {
        route: 'GET /projects/:project/merge_requests',
        query: ['source_branch', 'target_branch', 'state', 'order_by', 'sort', 'per_page', 'page'],
        answer: ({ query }) => ({
          status: 200,
          body: memory.pulls
            .filter(
              pull => query.get('source_branch') === pull.branch && query.get('target_branch') === pull.base,
            )
            .toReversed()
            .map(show),
        }),
      },
      {
        route: 'GET /projects/:project/merge_requests/:number',
        answer(call) {
          const pull = pullAt(memory, call);
          return pull === undefined ? missing : { status: 200, body: show(pull) };
        },
      },
      {
        route: 'POST /projects/:project/merge_requests',
        body: NewRequest,
        answer({ params, body }) {
          if (params['project'] !== 'acme/manifests') return missing;
          const {
            source_branch: branch,
            target_branch: base,
            title,
            description,
            labels,
          } = NewRequest.parse(body);
          if (!memory.branches.has(branch))
            return { status: 400, body: { message: { source_branch: ['is invalid'] } } };
          const pull = openPull(memory, { branch, base, title, body: description });
          if (pull === undefined)
            return {
              status: 409,
              body: { message: ['Another open merge request already exists for this source branch: !1'] },
            };
          pull.labels.push(...(labels ?? '').split(',').filter(label => label !== ''));
          return { status: 201, body: show(pull) };
        },
      },
      {
        route: 'PUT /projects/:project/merge_requests/:number',
        body: ChangedRequest,
        answer(call) {
          const pull = pullAt(memory, call);
          if (pull === undefined) return missing;
          const { title, description, state_event, reviewer_ids = [] } = ChangedRequest.parse(call.body);
          if (title !== undefined) pull.title = title;
          if (description !== undefined) pull.body = description;
          if (state_event === 'close') pull.state = 'closed';
          pull.reviewers.push(...reviewer_ids.map(id => (id === 41 ? 'ada' : String(id))));
          return { status: 200, body: show(pull) };
        },
      },
      {
        route: 'GET /users',
        query: ['username'],
        answer: ({ query }) => ({
          status: 200,
          body: query.get('username') === 'ada' ? [{ id: 41, username: 'ada' }] : [],
        }),
      },
      {
        route: 'POST /projects/:project/merge_requests/:number/notes',
        body: z.strictObject({ body: z.string().min(1) }),
        answer(call) {
          const { body } = z.object({ body: z.string() }).parse(call.body);
          pullAt(memory, call)?.comments.push(body);
          return { status: 201, body: {} };
        },
      },
      {
        route: 'PUT /projects/:project/merge_requests/:number/merge',
        body: Merge,
        answer(call) {
          const pull = pullAt(memory, call);
          if (pull === undefined) return missing;
          const { sha } = Merge.parse(call.body);
          if (sha !== pull.head)
            return { status: 409, body: { message: 'SHA does not match HEAD of source branch' } };
          pull.autoMerge = sha;
          return { status: 200, body: show(pull) };
        },
      },
      {
        route: 'POST /projects/:project/statuses/:commit',
        body: NewStatus,
        answer({ params, body }) {
          const { state, name: context, description } = NewStatus.parse(body);
          const commit = params['commit'] ?? '';
          if (
            memory.statuses.some(
              each => each.commit === commit && each.context === context && each.state === state,
            )
          )
            return { status: 400, body: { message: `Cannot transition status via :enqueue from :${state}` } };
          memory.statuses.push({ commit, state, context, description });
          return { status: 201, body: {} };
        },
      },
    ];
  },
};
