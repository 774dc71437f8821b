/** Bitbucket Cloud's API 2.0 as its documentation has it: the endpoints that Siskin uses. */
import { z } from 'zod';
import { type HostOptions, mergeCommit, openPull, pullAt, type Reply, type StoredPull } from './host.ts';

export const bitbucketToken = 'ATCTT3-0123456789abcdef';

const Branch = z.strictObject({ branch: z.strictObject({ name: z.string() }) });
const NewPull = z.strictObject({
  title: z.string().min(1),
  description: z.string(),
  source: Branch,
  destination: Branch,
  close_source_branch: z.boolean(),
  reviewers: z
    .array(z.union([z.strictObject({ uuid: z.string() }), z.strictObject({ account_id: z.string() })]))
    .optional(),
});
const NewStatus = z.strictObject({
  key: z.string().min(1).max(40),
  name: z.string(),
  state: z.enum(['SUCCESSFUL', 'FAILED', 'INPROGRESS', 'STOPPED']),
  description: z.string(),
  url: z.url(),
});

const missing: Reply = { status: 404, body: { type: 'error', error: { message: 'Resource not found' } } };
const states = { open: 'OPEN', merged: 'MERGED', closed: 'DECLINED' } as const;

export const bitbucketHost: HostOptions = {
  prefix: '/2.0',
  refuses: ({ authorization }) =>
    authorization === `Bearer ${bitbucketToken}`
      ? undefined
      : { status: 401, body: { type: 'error', error: { message: 'Token is invalid or not supported.' } } },
  endpoints(memory, origin) {
    const show = (pull: StoredPull) => ({
      id: pull.number,
      title: pull.title,
      state: states[pull.state],
      links: { html: { href: `${origin()}/acme/manifests/pull-requests/${pull.number}` } },
      source: { branch: { name: pull.branch }, commit: { hash: pull.head.slice(0, 12) } },
      destination: { branch: { name: pull.base } },
      merge_commit: pull.state === 'merged' ? { hash: mergeCommit.slice(0, 12) } : null,
    });
    return [
      {
        route: 'GET /repositories/:owner/:name/pullrequests',
        query: ['q', 'sort', 'pagelen', 'page', 'state'],
        answer: ({ query }) => ({
          status: 200,
          body: {
            pagelen: 30,
            values: memory.pulls
              .filter(({ branch, base }) => query.get('q') === queryOf(branch, base))
              .filter(({ state }) => query.getAll('state').includes(states[state]))
              .toReversed()
              .map(show),
          },
        }),
      },
      {
        route: 'GET /repositories/:owner/:name/pullrequests/:number',
        answer(call) {
          const pull = pullAt(memory, call);
          return pull === undefined ? missing : { status: 200, body: show(pull) };
        },
      },
      {
        route: 'POST /repositories/:owner/:name/pullrequests',
        body: NewPull,
        answer({ body }) {
          const { title, description, source, destination, reviewers = [] } = NewPull.parse(body);
          const ids = reviewers.map(each => ('uuid' in each ? each.uuid : each.account_id));
          if (ids.includes('nobody'))
            return {
              status: 400,
              body: { type: 'error', error: { message: 'reviewers: nobody is not a user' } },
            };
          if (!memory.branches.has(source.branch.name))
            return { status: 400, body: { type: 'error', error: { message: 'source: branch not found' } } };
          const made = {
            branch: source.branch.name,
            base: destination.branch.name,
            title,
            body: description,
          };
          const pull = openPull(memory, made);
          if (pull === undefined)
            return { status: 400, body: { type: 'error', error: { message: 'twice' } } };
          pull.reviewers.push(...ids);
          return { status: 201, body: show(pull) };
        },
      },
      {
        route: 'PUT /repositories/:owner/:name/pullrequests/:number',
        body: z.strictObject({ title: z.string(), description: z.string() }),
        answer(call) {
          const pull = pullAt(memory, call);
          if (pull === undefined) return missing;
          const { title, description } = z
            .object({ title: z.string(), description: z.string() })
            .parse(call.body);
          Object.assign(pull, { title, body: description });
          return { status: 200, body: show(pull) };
        },
      },
      {
        route: 'POST /repositories/:owner/:name/pullrequests/:number/comments',
        body: z.strictObject({ content: z.strictObject({ raw: z.string().min(1) }) }),
        answer(call) {
          const { content } = z.object({ content: z.object({ raw: z.string() }) }).parse(call.body);
          pullAt(memory, call)?.comments.push(content.raw);
          return { status: 201, body: {} };
        },
      },
      {
        route: 'POST /repositories/:owner/:name/pullrequests/:number/decline',
        answer(call) {
          const pull = pullAt(memory, call);
          if (pull === undefined) return missing;
          pull.state = 'closed';
          return { status: 200, body: show(pull) };
        },
      },
      {
        route: 'POST /repositories/:owner/:name/commit/:commit/statuses/build',
        body: NewStatus,
        answer({ params, body }) {
          const { state, name: context, description } = NewStatus.parse(body);
          memory.statuses.push({ commit: params['commit'] ?? '', state, context, description });
          return { status: 201, body: {} };
        },
      },
    ];
  },
};

/** https://developer.atlassian.com/cloud/bitbucket/rest/intro/#querying */
function queryOf(branch: string, base: string): string {
  return `source.branch.name = "${branch}" AND destination.branch.name = "${base}"`;
}
