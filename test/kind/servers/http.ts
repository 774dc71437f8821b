/** The little that the test servers share: bounded bodies, JSON answers, an orderly end on SIGTERM. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const bodyLimit = 4 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const parts: AsyncIterable<Buffer> = request;
  for await (const part of parts) {
    size += part.length;
    if (size > bodyLimit) throw new Error(`the body is larger than ${bodyLimit} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

export async function readJson<T>(request: IncomingMessage): Promise<T> {
  const body = (await readBody(request)).toString();
  const value: T = JSON.parse(body === '' ? '{}' : body);
  return value;
}

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(text);
}

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

/** A handler's error becomes a 500 with its message, which is what a test's author wants to read. */
export function handled(handler: Handler): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://test-server');
    handler(request, response, url).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else answerText(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
    });
  };
}

export function listen(server: Pick<Server, 'listen' | 'address' | 'once'>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

export function endOnSignal(server: Pick<Server, 'closeAllConnections'>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      server.closeAllConnections();
      process.exit(0);
    });
  }
}
