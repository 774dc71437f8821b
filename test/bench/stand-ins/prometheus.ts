/** A Prometheus over real HTTP which answers the built-in checks: every Canary is well but those that a script calls bad. */
import { createServer } from 'node:http';
import { listen } from './listen.ts';

export interface Script {
  readonly url: string;
  /** From now on this Canary's success rate is 50 %, or well again. */
  judge(canary: string, verdict: 'good' | 'bad'): void;
  /** When its first bad answer since then was sent, ms since the epoch. */
  badAnswerAt(canary: string): number | undefined;
  close(): Promise<void>;
}

/** The counter's label that a built-in query for Traefik selects by. */
const backend = /service="bench-([a-z0-9]+)-canary-http-\d+@kubernetesgateway"/u;

export async function startPrometheus(): Promise<Script> {
  const bad = new Map<string, number | undefined>();
  const server = createServer((request, response) => {
    const parameters = new URL(request.url ?? '', 'http://prometheus').searchParams;
    const query = parameters.get('query') ?? '';
    const canary = backend.exec(query)?.[1] ?? '';
    const isDuration = query.includes('histogram_quantile');
    const isBad = bad.has(canary) && !isDuration;
    const value = isBad ? '50' : isDuration ? '20' : '100';
    const result = [{ metric: {}, value: [Number(parameters.get('time')), value] }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    if (isBad && bad.get(canary) === undefined) bad.set(canary, Date.now());
  });
  const { port, close } = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    judge(canary, verdict) {
      if (verdict === 'bad') bad.set(canary, undefined);
      else bad.delete(canary);
    },
    badAnswerAt: canary => bad.get(canary),
    close,
  };
}
