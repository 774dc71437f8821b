/** The operator's own HTTP server: probes, metrics and the webhook of Git hosts, up before anything else and down after it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HookRequest } from './hooks.ts';

export interface Routes {
  /** What is wrong; empty when fine. */
  readonly live: () => readonly string[];
  readonly ready: () => readonly string[];
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Answers the HTTP status for what was posted to `/hooks/<repository>`. */
  readonly hook: (request: HookRequest) => Promise<number>;
}

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects where the port is taken. */
export async function startServer(options: {
  port: number;
  host: string;
  routes: Routes;
}): Promise<HttpServer> {
  const { routes } = options;
  const server = createServer({
    maxHeaderSize: 8_192,
    requestTimeout: 5_000,
    headersTimeout: 5_000,
    keepAliveTimeout: 5_000,
    // The time limits above are enforced only as often as this.
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = 256;
  server.maxRequestsPerSocket = 100;
  server.on('request', (request, response) => {
    const posted = /^\/hooks\/([a-z0-9][a-z0-9.-]{0,252})$/u.exec(request.url?.split('?')[0] ?? '')?.[1];
    if (request.method === 'POST' && posted !== undefined) {
      takeHook(request, response, posted, routes).catch(() => answer(response, 500, 'failed\n'));
      return;
    }
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answer(response, 405, 'method not allowed\n');
    respond(request.url?.split('?')[0] ?? '', response, routes).catch(() =>
      answer(response, 500, 'failed\n'),
    );
  });
  await listen(server, options.port, options.host);
  const address = server.address();
  return {
    port: isAddress(address) ? address.port : options.port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What hosts send of a push or pull request is some ten thousand bytes. */
const maxBodyBytes = 1024 * 1024;

async function takeHook(
  request: IncomingMessage,
  response: ServerResponse,
  repository: string,
  routes: Routes,
): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const body: AsyncIterable<Buffer> = request;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) {
      response.setHeader('connection', 'close');
      return answer(response, 413, 'too large\n');
    }
    chunks.push(chunk);
  }
  const status = await routes.hook({ repository, headers: request.headers, body: Buffer.concat(chunks) });
  answer(response, status, status === 202 ? 'accepted\n' : 'refused\n');
}

async function respond(path: string, response: ServerResponse, routes: Routes): Promise<void> {
  switch (path) {
    case '/healthz':
      return check(response, routes.live());
    case '/readyz':
      return check(response, routes.ready());
    case '/metrics': {
      const { contentType, text } = await routes.metrics();
      return answer(response, 200, text, contentType);
    }
    default:
      return answer(response, 404, 'not found\n');
  }
}

function check(response: ServerResponse, problems: readonly string[]): void {
  if (problems.length === 0) answer(response, 200, 'ok\n');
  else answer(response, 503, `${problems.join('\n')}\n`);
}

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
  response.end(body);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
