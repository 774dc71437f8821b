/** A program: a Prometheus with the counters of many canaries, and an API server that takes their statuses. Tells its port on standard output. */
import http, { type ServerResponse } from 'node:http';
import { mergePatch } from '../../memory/json.ts';

const scrapeSeconds = 5;
/** What each side's counters grow by in a second, and the share of it that is answered with 500. */
const perSecond = { canary: 10, primary: 90 } as const;
const failing = 0.001;
/** Scrapes do not come at whole seconds. */
const offset = 0.123;

const objects = new Map<string, unknown>();
let version = 1;

const server = http.createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://stand-in');
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    if (url.pathname === '/api/v1/query') {
      const parameters = request.method === 'POST' ? new URLSearchParams(body) : url.searchParams;
      answer(response, matrixOf(parameters.get('query') ?? '', Number(parameters.get('time'))));
    } else if (request.method === 'PATCH' || request.method === 'PUT') {
      answer(response, written(url.pathname.replace(/\/status$/u, ''), JSON.parse(body)));
    } else {
      response.writeHead(404).end();
    }
  });
});

function answer(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(body);
}

/** Series with a fixed order of labels, as Prometheus writes them; none has the label `exported_service`. */
function matrixOf(query: string, time: number): string {
  const services = /[{,]service=~?"([^"]*)"/u.exec(query)?.[1]?.split('|') ?? [];
  const window = Number(/\[(\d+)s\]$/u.exec(query)?.[1]);
  const times: number[] = [];
  for (
    let at = Math.ceil(time / scrapeSeconds) * scrapeSeconds;
    at + offset > time - window;
    at -= scrapeSeconds
  )
    if (at + offset <= time) times.unshift(at);
  const series = services.flatMap(escaped => {
    const service = escaped.replaceAll('\\', '');
    const rate = service.includes('-canary-') ? perSecond.canary : perSecond.primary;
    return [
      seriesOf(service, '200', times, rate * (1 - failing)),
      seriesOf(service, '500', times, rate * failing),
    ];
  });
  return `{"status":"success","data":{"resultType":"matrix","result":[${series.join(',')}]}}`;
}

function seriesOf(service: string, code: string, times: readonly number[], rate: number): string {
  const metric = {
    __name__: 'traefik_service_requests_total',
    code,
    instance: '10.42.0.7:9100',
    job: 'traefik',
    method: 'GET',
    protocol: 'http',
    service,
  };
  const values = times.map(at => `[${at + offset},"${Math.round((at % 10_000_000) * rate)}"]`).join(',');
  return `{"metric":${JSON.stringify(metric)},"values":[${values}]}`;
}

/** PUT and PATCH alike merge into what is kept; every write gives it another version. */
function written(path: string, change: unknown): string {
  version += 1;
  const changed = mergePatch(objects.get(path) ?? {}, change);
  const next = mergePatch(changed, { metadata: { resourceVersion: String(version) } });
  objects.set(path, next);
  return JSON.stringify(next);
}

// A connection that is closed just when a request goes out would fail a round.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : 0}\n`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
