/** The operator's own HTTP server: probes and metrics, read only, up before anything else and down after it. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Routes {
  /** What is wrong; empty when fine. */
  readonly live: () => readonly string[];
  readonly ready: () => readonly string[];
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
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
