/** A Git server over HTTPS within the test's process: `git http-backend` behind TLS and a password, with failures on demand. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { dirname, join } from 'node:path';
import { createAuthority, issueCertificate } from '../kind/lib/certificates.ts';
import { createRepository, type TestRepository } from './git-fixture.ts';

/** The four kinds of requests that fetching and pushing make. */
export type GitRequest = 'fetch-refs' | 'fetch' | 'push-refs' | 'push';

/**
 * What goes wrong with a request: it is never answered, refused with a status, its answer is cut in the middle, or it
 * is carried out, and then the connection breaks before the answer or the answer does not say what became of the branch.
 */
export type Fault = 'hang' | 'cut' | 'drop-answer' | 'no-report' | number;

/** `unpack ok` and no word about any ref, in the first side band (gitprotocol-pack(5), report status). */
const silentReport = '0017\u0001000eunpack ok\n00000000';

export type Login = 'password' | 'token';

export interface GitServer extends AsyncDisposable {
  readonly repository: TestRepository;
  readonly url: string;
  readonly ca: Buffer;
  /** A certificate authority that did not sign the server's certificate. */
  readonly strangerCa: Buffer;
  readonly username: string;
  readonly password: string;
  /** Called for each authorised request before it is carried out; `login` tells clients apart. */
  onRequest: (request: GitRequest, login: Login) => Fault | undefined | Promise<Fault | undefined>;
  /** Called when a request was carried out and its answer is not sent yet. */
  onCarriedOut: (request: GitRequest, login: Login) => Promise<void>;
  readonly bearerToken: string;
  /** Requests so far, refused ones too. */
  readonly requests: GitRequest[];
}

export async function startGitServer(folder: string): Promise<GitServer> {
  const authority = await createAuthority(join(folder, 'tls'), 'siskin test');
  const stranger = await createAuthority(join(folder, 'other-tls'), 'stranger');
  const pair = await issueCertificate(join(folder, 'tls'), {
    name: 'server',
    commonName: 'localhost',
    hosts: ['localhost', '127.0.0.1'],
  });
  mkdirSync(join(folder, 'git'));
  const repository = createRepository(join(folder, 'git', 'manifests.git'));
  const username = 'siskin-bot';
  const password = 'correct horse/battery+staple=7';
  const bearerToken = `token.${Buffer.from(password).toString('hex')}`;
  const accepted = new Map<string, Login>([
    [`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`, 'password'],
    [`Bearer ${bearerToken}`, 'token'],
  ]);

  const server = createServer({ cert: readFileSync(pair.certFile), key: readFileSync(pair.keyFile) });
  const state: Pick<GitServer, 'onRequest' | 'onCarriedOut' | 'requests'> = {
    onRequest: () => undefined,
    onCarriedOut: () => Promise.resolve(),
    requests: [],
  };
  server.on('request', (request, response) => {
    void answer(request, response).catch(() => {
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const kind = kindOf(request);
    state.requests.push(kind);
    const login = accepted.get(request.headers.authorization ?? '');
    if (login === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const fault = await state.onRequest(kind, login);
    if (fault === 'hang') return;
    if (typeof fault === 'number') {
      response.writeHead(fault, fault < 400 ? { location: 'https://localhost:1/elsewhere.git' } : {}).end();
      return;
    }
    const { status, headers, body } = await backend(dirname(repository.folder), request);
    await state.onCarriedOut(kind, login);
    if (fault === 'drop-answer') {
      response.destroy();
      return;
    }
    response.writeHead(status, headers);
    if (fault === 'no-report') response.end(silentReport);
    else if (fault === 'cut') response.write(body.subarray(0, body.length / 2), () => response.destroy());
    else response.end(body);
  }

  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the server does not listen on a port');
  return Object.assign(state, {
    repository,
    username,
    password,
    bearerToken,
    url: `https://localhost:${address.port}/manifests.git`,
    ca: readFileSync(authority.certFile),
    strangerCa: readFileSync(stranger.certFile),
    [Symbol.asyncDispose]: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function kindOf(request: IncomingMessage): GitRequest {
  const push = request.url?.includes('git-receive-pack') === true;
  if (request.method === 'POST') return push ? 'push' : 'fetch';
  return push ? 'push-refs' : 'fetch-refs';
}

/** RFC 3875, as git-http-backend(1) reads it. The answer is collected, so that a fault can replace it. */
function backend(
  root: string,
  request: IncomingMessage,
): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const { headers } = request;
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH ?? '',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      HOME: '/nonexistent',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? 'GET',
      REMOTE_USER: 'bot',
      REMOTE_ADDR: '127.0.0.1',
      ...(headers['content-type'] === undefined ? {} : { CONTENT_TYPE: headers['content-type'] }),
      ...(headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: headers['content-length'] }),
      ...(typeof headers['git-protocol'] === 'string' ? { HTTP_GIT_PROTOCOL: headers['git-protocol'] } : {}),
      ...(headers['content-encoding'] === undefined
        ? {}
        : { HTTP_CONTENT_ENCODING: headers['content-encoding'] }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  // A client that dies in the middle of its request must not keep the backend waiting for the rest.
  request.on('close', () => child.stdin.destroy());
  child.stdin.on('error', () => {
    // The backend answered without reading everything.
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise(resolve =>
    child.on('close', () => {
      const output = Buffer.concat(chunks);
      const end = output.indexOf('\r\n\r\n');
      const head = Object.fromEntries(
        output
          .subarray(0, Math.max(end, 0))
          .toString()
          .split('\r\n')
          .map(line => [
            line.slice(0, line.indexOf(':')).toLowerCase(),
            line.slice(line.indexOf(':') + 1).trim(),
          ]),
      );
      const { status = end < 0 ? '500' : '200', ...rest } = head;
      resolve({ status: Number.parseInt(status, 10), headers: rest, body: output.subarray(end + 4) });
    }),
  );
}
