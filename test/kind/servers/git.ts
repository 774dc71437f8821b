/** A Git host over HTTPS with basic authentication: `git http-backend` behind Node, as CGI. */
import { spawn } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { Failure, type FailureOrder } from './failure.ts';
import { createBareRepository } from './git-repository.ts';
import { answerJson, answerText, endOnSignal, handled, listen, readJson } from './http.ts';

export type GitServerOptions = {
  root: string;
  key: Buffer;
  certificate: Buffer;
  /** Password (or access token) by user name; a token is also taken with any other name, as hosting services do. */
  users: Record<string, string>;
};

function equal(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

function authenticate(request: IncomingMessage, users: Record<string, string>): string | undefined {
  const [scheme, value = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme === 'Bearer') return Object.entries(users).find(([, token]) => equal(token, value))?.[0];
  if (scheme !== 'Basic') return undefined;
  const decoded = Buffer.from(value, 'base64').toString();
  const user = decoded.slice(0, decoded.indexOf(':'));
  const password = decoded.slice(decoded.indexOf(':') + 1);
  if (users[user] !== undefined) return equal(users[user], password) ? user : undefined;
  return Object.entries(users).find(([, token]) => equal(token, password))?.[0];
}

/** The backend writes CGI: headers, an empty line, the body. */
function forwardCgi(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let head = Buffer.alloc(0);
  let inBody = false;
  output.on('data', (chunk: Buffer) => {
    if (inBody) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    inBody = true;
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*/, 2);
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
  });
  output.on('end', () => response.end());
}

function runBackend(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  root: string,
  user: string,
): void {
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: user,
      REMOTE_ADDR: request.socket.remoteAddress ?? '',
      ...(request.headers['content-length'] === undefined
        ? {}
        : { CONTENT_LENGTH: request.headers['content-length'] }),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  backend.on('error', () => response.destroy());
  backend.stdin.on('error', () => {}); // the backend may refuse before it has read everything
  request.pipe(backend.stdin);
  response.on('close', () => backend.kill());
  forwardCgi(backend.stdout, response);
}

export function createGitServer(options: GitServerOptions): Server {
  const failure = new Failure();
  return createServer(
    { key: options.key, cert: options.certificate },
    handled(async (request, response, url) => {
      if (url.pathname === '/_healthz') return answerText(response, 200, 'ok');
      const user = authenticate(request, options.users);
      if (user !== undefined && url.pathname === '/_fail') {
        failure.set(await readJson<FailureOrder>(request));
        return answerJson(response, 200, { ok: true });
      }
      const [, created] = /^\/_repositories\/([a-z0-9-]+(?:\/[a-z0-9-]+)*)$/.exec(url.pathname) ?? [];
      if (user !== undefined && created !== undefined && request.method === 'PUT') {
        const folder = join(options.root, `${created}.git`);
        if (!existsSync(folder)) await createBareRepository(folder);
        return answerJson(response, 200, { ok: true });
      }
      if (failure.inject(response)) return;
      if (user === undefined) {
        response.setHeader('www-authenticate', 'Basic realm="git"');
        return answerText(response, 401, 'authentication required\n');
      }
      runBackend(request, response, url, options.root, user);
    }),
  );
}

if (import.meta.main) {
  const usersFile = process.env['USERS_FILE'] ?? '/users/users.json';
  const users: Record<string, string> = JSON.parse(readFileSync(usersFile, 'utf8'));
  const tlsFolder = process.env['TLS_FOLDER'] ?? '/tls';
  const server = createGitServer({
    root: process.env['REPOSITORIES'] ?? '/repositories',
    key: readFileSync(join(tlsFolder, 'tls.key')),
    certificate: readFileSync(join(tlsFolder, 'tls.crt')),
    users,
  });
  endOnSignal(server);
  process.stdout.write(
    `Git server listens on port ${await listen(server, Number(process.env['PORT'] ?? 8443))}\n`,
  );
}
