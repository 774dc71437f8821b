/** The load generator's control: named streams are started, changed and stopped over HTTP, and their counts read. */
import { createServer, type Server } from 'node:http';
import { answerJson, answerText, endOnSignal, handled, listen, readJson } from './http.ts';
import { Stream, type StreamOptions } from './load-stream.ts';

export type LoadStats = { options: StreamOptions; now: number; seconds: Stream['seconds'] };

/** `PUT /_streams/NAME` starts or replaces, `DELETE` stops; a stopped stream's counts stay readable. */
function createLoad(): Server {
  const streams = new Map<string, Stream>();
  return createServer(
    handled(async (request, response, url) => {
      if (url.pathname === '/_healthz') return answerText(response, 200, 'ok');
      if (url.pathname === '/_stats') {
        const stream = streams.get(url.searchParams.get('stream') ?? 'default');
        if (stream === undefined) return answerText(response, 404, 'no such stream\n');
        const since = Number(url.searchParams.get('since') ?? 0);
        const seconds = stream.seconds.filter(({ second }) => second >= since);
        return answerJson(response, 200, { options: stream.options, now: Date.now() / 1000, seconds });
      }
      const [, name] = /^\/_streams\/([a-z0-9-]+)$/.exec(url.pathname) ?? [];
      if (name === undefined)
        return answerText(response, 404, 'PUT or DELETE /_streams/NAME, GET /_stats?stream=NAME&since=\n');
      if (request.method === 'DELETE') {
        streams.get(name)?.stop();
      } else {
        const fresh = new Stream(await readJson<StreamOptions>(request));
        const old = streams.get(name);
        old?.stop();
        // Changing the rate in the middle of a test must not lose what was counted before.
        if (old !== undefined && url.searchParams.get('keep') === 'true') fresh.seconds.push(...old.seconds);
        streams.set(name, fresh);
      }
      answerJson(response, 200, { ok: true });
    }),
  );
}

if (import.meta.main) {
  const server = createLoad();
  endOnSignal(server);
  process.stdout.write(
    `load generator listens on port ${await listen(server, Number(process.env['PORT'] ?? 8080))}\n`,
  );
}
