/** A Slack, as Web API and as incoming webhook, that answers at once or takes every message and never answers. */
import { createServer } from 'node:http';
import { listen } from './listen.ts';

export interface Slack {
  readonly url: string;
  hang(hangs: boolean): void;
  close(): Promise<void>;
}

export async function startSlack(): Promise<Slack> {
  let hangs = false;
  let messages = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (hangs) return;
    messages += 1;
    const ts = `${messages}.000000`;
    if (request.url?.startsWith('/api/') !== true) {
      response.end('ok');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok: true, channel: 'C1', ts, message: { ts } }));
  });
  const { port, close } = await listen(server);
  return { url: `http://127.0.0.1:${port}`, hang: value => (hangs = value), close };
}
