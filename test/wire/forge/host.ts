/** A Git host's API on a real socket: a table of its endpoints with strict schemas, one memory behind, and bad answers on request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

export interface StoredPull {
  readonly number: number;
  readonly branch: string;
  readonly base: string;
  title: string;
  body: string;
  state: 'open' | 'merged' | 'closed';
  head: string;
  readonly labels: string[];
  readonly reviewers: string[];
  readonly comments: string[];
  autoMerge: string | undefined;
}

export interface StoredStatus {
  readonly commit: string;
  readonly state: string;
  readonly context: string;
  readonly description: string;
}

/** What every host remembers; the endpoints translate. */
export interface Memory {
  readonly pulls: StoredPull[];
  readonly statuses: StoredStatus[];
  /** Tips of branches: nobody can ask to merge what was not pushed. */
  readonly branches: Map<string, string>;
}

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed by the endpoint's schema. */
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Endpoint {
  /** Such as `GET /repos/:owner/:name/pulls`; parameters may be percent-encoded. */
  readonly route: string;
  /** Names of query parameters that the API documents; others are a violation. */
  readonly query?: readonly string[];
  /** Of the JSON body; unknown fields are a violation. */
  readonly body?: z.ZodType;
  answer(call: Call): Reply;
}

export type Misbehaviour = 'hang' | 'reset' | Reply;

export interface HostOptions {
  /** Path of the API below the origin. */
  readonly prefix: string;
  /** Why the headers are not those that the API asks for. */
  readonly refuses: (headers: IncomingMessage['headers']) => Reply | undefined;
  readonly endpoints: (memory: Memory, origin: () => string) => readonly Endpoint[];
}

export interface FakeHost extends AsyncDisposable {
  readonly api: string;
  readonly memory: Memory;
  /** `METHOD /path?query` below the prefix, in order. */
  readonly calls: string[];
  /** Requests that the documented API does not know. */
  readonly violations: string[];
  /** Queued: one call each. */
  misbehave(...next: Misbehaviour[]): void;
}

export async function startHost({ prefix, refuses, endpoints }: HostOptions): Promise<FakeHost> {
  const memory: Memory = { pulls: [], statuses: [], branches: new Map() };
  const calls: string[] = [];
  const violations: string[] = [];
  const queue: Misbehaviour[] = [];
  let origin = '';
  const table = endpoints(memory, () => origin);

  function violation(what: string, why: string): Reply {
    violations.push(`${what}: ${why}`);
    return { status: 500, body: { message: why } };
  }

  function serve(method: string, target: string, headers: IncomingMessage['headers'], raw: string): Reply {
    const url = new URL(target, 'http://host');
    if (!url.pathname.startsWith(prefix)) return violation(target, `is not below ${prefix}`);
    const path = url.pathname.slice(prefix.length);
    const what = `${method} ${path}`;
    const refusal = refuses(headers);
    if (refusal !== undefined) return refusal;
    for (const endpoint of table) {
      const params = match(endpoint.route, what);
      if (params === undefined) continue;
      for (const name of url.searchParams.keys())
        if (endpoint.query?.includes(name) !== true)
          return violation(what, `unknown query parameter ${name}`);
      if (endpoint.body === undefined && raw !== '') return violation(what, 'takes no body');
      if (endpoint.body === undefined)
        return endpoint.answer({ params, query: url.searchParams, body: undefined });
      if (headers['content-type']?.startsWith('application/json') !== true)
        return violation(what, `content type ${headers['content-type'] ?? 'missing'}`);
      const body = endpoint.body.safeParse(JSON.parse(raw));
      if (!body.success) return violation(what, z.prettifyError(body.error));
      return endpoint.answer({ params, query: url.searchParams, body: body.data });
    }
    return violation(what, 'no such endpoint');
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await text(request);
    const { method = '', url = '' } = request;
    calls.push(`${method} ${url.replace(prefix, '')}`);
    const misbehaviour = queue.shift();
    if (misbehaviour === 'hang') return;
    if (misbehaviour === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const { status, body, headers } = misbehaviour ?? serve(method, url, request.headers, raw);
    response.writeHead(status, {
      'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
      ...headers,
    });
    response.end(typeof body === 'string' || body === undefined ? (body ?? '') : JSON.stringify(body));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      violations.push(String(error));
      response.destroy();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  origin = `http://127.0.0.1:${port}`;
  return {
    api: `${origin}${prefix}`,
    memory,
    calls,
    violations,
    misbehave: (...next) => void queue.push(...next),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function match(route: string, what: string): Record<string, string> | undefined {
  const wanted = route.split(/[ /]/u);
  const given = what.split(/[ /]/u);
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? '');
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

/** Opens one in the memory; undefined where one for the branch is open already. */
export function openPull(
  { pulls, branches }: Memory,
  made: { branch: string; base: string; title: string; body: string },
): StoredPull | undefined {
  if (pulls.some(pull => pull.branch === made.branch && pull.base === made.base && pull.state === 'open'))
    return undefined;
  const pull: StoredPull = {
    ...made,
    number: pulls.length + 1,
    state: 'open',
    head: branches.get(made.branch) ?? '',
    labels: [],
    reviewers: [],
    comments: [],
    autoMerge: undefined,
  };
  pulls.push(pull);
  return pull;
}

export function pullAt({ pulls }: Memory, { params }: Call): StoredPull | undefined {
  return pulls.find(({ number }) => String(number) === params['number']);
}

export const notFound: Reply = { status: 404, body: { message: 'Not Found' } };
export const mergeCommit = 'f'.repeat(40);
