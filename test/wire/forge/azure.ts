/** Azure DevOps' Git API 7.1 as its documentation has it: the endpoints that Siskin uses. */
import { z } from 'zod';
import { type HostOptions, mergeCommit, openPull, pullAt, type Reply, type StoredPull } from './host.ts';

export const azureToken = 'azure-pat-0123456789abcdef';

const NewPull = z.strictObject({
  sourceRefName: z.string().startsWith('refs/heads/'),
  targetRefName: z.string().startsWith('refs/heads/'),
  title: z.string().min(1).max(400),
  description: z.string().max(4_000),
  labels: z.array(z.strictObject({ name: z.string() })).optional(),
  reviewers: z.array(z.strictObject({ id: z.string() })).optional(),
});
const ChangedPull = z.strictObject({
  title: z.string().optional(),
  description: z.string().max(4_000).optional(),
  status: z.enum(['abandoned', 'active', 'completed']).optional(),
  autoCompleteSetBy: z.strictObject({ id: z.string() }).optional(),
  completionOptions: z
    .strictObject({
      mergeStrategy: z.enum(['noFastForward', 'squash', 'rebase']).optional(),
      deleteSourceBranch: z.boolean(),
    })
    .optional(),
});
const Thread = z.strictObject({
  comments: z.array(
    z.strictObject({
      parentCommentId: z.literal(0),
      content: z.string().min(1),
      commentType: z.literal('text'),
    }),
  ),
  status: z.enum(['active', 'closed', 'fixed']),
});
const NewStatus = z.strictObject({
  state: z.enum(['error', 'failed', 'notApplicable', 'notSet', 'pending', 'succeeded']),
  description: z.string(),
  context: z.strictObject({ genre: z.string().optional(), name: z.string() }),
  targetUrl: z.string().optional(),
});

const missing: Reply = {
  status: 404,
  body: { message: 'TF401180: The requested pull request was not found.' },
};
const versioned = ['api-version'];
const base = '/:project/_apis/git/repositories/:name';

export const azureHost: HostOptions = {
  prefix: '/acme',
  refuses: ({ authorization }) =>
    authorization === `Basic ${Buffer.from(`:${azureToken}`).toString('base64')}`
      ? undefined
      : { status: 203, body: '<html>Sign in</html>' },
  endpoints(memory) {
    return [
      {
        route: `GET ${base}/pullrequests`,
        query: [
          ...versioned,
          'searchCriteria.sourceRefName',
          'searchCriteria.targetRefName',
          'searchCriteria.status',
          '$top',
        ],
        answer({ query }) {
          const value = memory.pulls
            .filter(pull => query.get('searchCriteria.sourceRefName') === `refs/heads/${pull.branch}`)
            .filter(pull => query.get('searchCriteria.targetRefName') === `refs/heads/${pull.base}`)
            .toReversed()
            .map(show);
          return { status: 200, body: { value, count: value.length } };
        },
      },
      {
        route: `GET ${base}/pullrequests/:number`,
        query: versioned,
        answer(call) {
          const pull = pullAt(memory, call);
          return pull === undefined ? missing : { status: 200, body: show(pull) };
        },
      },
      {
        route: `POST ${base}/pullrequests`,
        query: versioned,
        body: NewPull,
        answer({ params, body }) {
          if (params['project'] !== 'platform') return missing;
          const {
            sourceRefName,
            targetRefName,
            title,
            description,
            labels = [],
            reviewers = [],
          } = NewPull.parse(body);
          if (reviewers.some(({ id }) => id === 'nobody'))
            return { status: 400, body: { message: 'The identity nobody cannot be found.' } };
          const branch = sourceRefName.replace('refs/heads/', '');
          if (!memory.branches.has(branch))
            return { status: 400, body: { message: 'TF401398: no such branch' } };
          const target = targetRefName.replace('refs/heads/', '');
          const pull = openPull(memory, { branch, base: target, title, body: description });
          if (pull === undefined)
            return { status: 409, body: { message: 'TF401179: An active pull request already exists.' } };
          pull.labels.push(...labels.map(({ name }) => name));
          pull.reviewers.push(...reviewers.map(({ id }) => id));
          return { status: 201, body: show(pull) };
        },
      },
      {
        route: `PATCH ${base}/pullrequests/:number`,
        query: versioned,
        body: ChangedPull,
        answer(call) {
          const pull = pullAt(memory, call);
          if (pull === undefined) return missing;
          const { title, description, status, autoCompleteSetBy } = ChangedPull.parse(call.body);
          if (title !== undefined) pull.title = title;
          if (description !== undefined) pull.body = description;
          if (status === 'abandoned') pull.state = 'closed';
          if (autoCompleteSetBy !== undefined) pull.autoMerge = pull.head;
          return { status: 200, body: show(pull) };
        },
      },
      {
        route: `POST ${base}/pullrequests/:number/threads`,
        query: versioned,
        body: Thread,
        answer(call) {
          const { comments } = Thread.parse(call.body);
          pullAt(memory, call)?.comments.push(...comments.map(({ content }) => content));
          return { status: 200, body: {} };
        },
      },
      {
        route: `POST ${base}/commits/:commit/statuses`,
        query: versioned,
        body: NewStatus,
        answer({ params, body }) {
          const { state, context, description } = NewStatus.parse(body);
          const name = context.genre === undefined ? context.name : `${context.genre}/${context.name}`;
          memory.statuses.push({ commit: params['commit'] ?? '', state, context: name, description });
          return { status: 201, body: {} };
        },
      },
    ];
  },
};

function show(pull: StoredPull): object {
  return {
    pullRequestId: pull.number,
    status: { open: 'active', merged: 'completed', closed: 'abandoned' }[pull.state],
    createdBy: { id: 'd6245f20-2af8-44f4-9451-8107cb2767db' },
    title: pull.title,
    lastMergeSourceCommit: { commitId: pull.head },
    ...(pull.state === 'merged' ? { lastMergeCommit: { commitId: mergeCommit } } : {}),
  };
}
