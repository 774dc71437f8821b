/** A Prometheus on a real socket which answers, or misbehaves, as a test says. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Of the URL or the form body. */
  readonly parameters: URLSearchParams;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
  /** As sent, so that a header sent twice is seen twice. */
  readonly rawHeaders: readonly string[];
}

export type Behaviour = (request: SeenRequest, response: ServerResponse) => void;

export interface FakePrometheus {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenRequest[];
  /** Connections opened so far. */
  readonly connections: () => number;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

export async function startFakePrometheus(
  tls?: { cert: string; key: string },
  host = '127.0.0.1',
): Promise<FakePrometheus> {
  let behaviour: Behaviour = answerOne;
  let connections = 0;
  const seen: SeenRequest[] = [];

  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { pathname, search } = new URL(incoming.url ?? '', 'http://fake');
      const body = Buffer.concat(chunks).toString();
      const request = {
        method: incoming.method ?? '',
        path: pathname,
        parameters: new URLSearchParams(incoming.method === 'POST' ? body : search),
        body,
        headers: incoming.headers,
        rawHeaders: incoming.rawHeaders,
      };
      seen.push(request);
      behaviour(request, response);
    });
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>(resolve => {
    server.listen(0, host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    port,
    seen,
    connections: () => connections,
    behave(next) {
      behaviour = next;
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerOne(request: SeenRequest, response: ServerResponse): void {
  answerVector(request, response, '1');
}

/** One series per text, at the time that was asked for plus `offSeconds`. */
export function answerVector(
  request: SeenRequest,
  response: ServerResponse,
  values: string | readonly string[],
  more: { readonly offSeconds?: number; readonly warnings?: readonly string[] } = {},
): void {
  const { offSeconds = 0, warnings } = more;
  const at = Number(request.parameters.get('time')) + offSeconds;
  const texts = typeof values === 'string' ? [values] : values;
  const result = texts.map((text, index) => ({ metric: { series: String(index) }, value: [at, text] }));
  answerJson(response, 200, {
    status: 'success',
    data: { resultType: 'vector', result },
    ...(warnings === undefined ? {} : { warnings }),
  });
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
