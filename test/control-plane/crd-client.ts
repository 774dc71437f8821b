/** Plain requests to the test's API server, so that nothing between the tests and the server can repair an object. */
import { Agent, request } from 'undici';

export interface ApiServer {
  readonly url: string;
  /** The authority that signed its certificate, PEM. */
  readonly ca: string;
  /** Bearer token of a cluster administrator. */
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  /** The object, or the Status that says what is wrong. */
  readonly body: { readonly message?: string; readonly [field: string]: unknown };
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Client {
  ask(method: Method, path: string, body?: unknown): Promise<Answer>;
  /** The rows of `kubectl get`. */
  rows(path: string): Promise<unknown[][]>;
  close(): Promise<void>;
}

export function connect({ url, ca, token }: ApiServer): Client {
  const dispatcher = new Agent({ connect: { ca } });
  const send = async (method: Method, path: string, accept: string, body?: unknown): Promise<Answer> => {
    const answer = await request(new URL(path, url), {
      method,
      dispatcher,
      headers: {
        authorization: `Bearer ${token}`,
        accept,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: answer.statusCode, body: JSON.parse(await answer.body.text()) };
  };
  return {
    ask: (method, path, body) => send(method, path, 'application/json', body),
    rows: async path => {
      const { body } = await send('GET', path, 'application/json;as=Table;v=v1;g=meta.k8s.io');
      const rows: readonly { cells: unknown[] }[] = Array.isArray(body['rows']) ? body['rows'] : [];
      return rows.map(({ cells }) => cells);
    },
    close: () => dispatcher.close(),
  };
}
