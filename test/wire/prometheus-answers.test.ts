/** What the sampler makes of every way in which a Prometheus, or what stands in its place, can answer or not answer. */
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckRequest, Sample } from '../../src/metrics/port.ts';
import { createSampler } from '../../src/metrics/sampler.ts';
import {
  answerJson,
  answerVector,
  type Behaviour,
  type FakePrometheus,
  startFakePrometheus,
} from './fake-prometheus.ts';

const at = 1_700_000_000_123;
let server: FakePrometheus;
let sampler: ReturnType<typeof createSampler>;

beforeEach(async () => {
  server = await startFakePrometheus();
  sampler = samplerWith(5_000);
});
afterEach(async () => {
  sampler.close();
  await server.close();
});

function samplerWith(timeoutMs: number): ReturnType<typeof createSampler> {
  return createSampler({
    readSecret: () => Promise.resolve(undefined),
    defaultServer: { address: server.url },
    clock: { now: () => at },
    timeoutMs,
  });
}

function check(query = 'up', more: Partial<CheckRequest> = {}): CheckRequest {
  return {
    metric: { name: 'custom', query },
    names: {
      name: 'podinfo',
      namespace: 'shop',
      target: 'podinfo',
      service: 'podinfo',
      ingress: 'podinfo',
      route: 'podinfo',
    },
    port: 80,
    vantage: 'kubernetes',
    arm: 'canary',
    windowMs: 60_000,
    at,
    ...more,
  };
}

function sampleOf(behaviour: Behaviour, query?: string): Promise<Sample> {
  server.behave(behaviour);
  return sampler.sample(check(query));
}

describe('an answer in good order', () => {
  it('is a value, asked for at the given time with a time limit', async () => {
    const sample = await sampleOf((request, response) => answerVector(request, response, '99.5'), 'x{a="b"}');
    expect(sample).toEqual({ kind: 'value', value: 99.5, at });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({ method: 'GET', path: '/api/v1/query' });
    expect(Object.fromEntries(server.seen[0]?.parameters ?? [])).toEqual({
      query: 'x{a="b"}',
      time: String(at / 1000),
      timeout: '5000ms',
    });
  });

  it('keeps its connection, and sends long queries as a form', async () => {
    await sampleOf((request, response) => answerVector(request, response, '1'));
    const long = `up{a="${'x'.repeat(6_000)}"}`;
    await expect(
      sampleOf((request, response) => answerVector(request, response, '2'), long),
    ).resolves.toMatchObject({ value: 2 });
    expect(server.connections()).toBe(1);
    expect(server.seen[1]).toMatchObject({ method: 'POST' });
    expect(server.seen[1]?.parameters.get('query')).toBe(long);
  });

  it('may be compressed', async () => {
    const body = { status: 'success', data: { resultType: 'scalar', result: [at / 1000, '3'] } };
    const sample = await sampleOf((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify(body)));
    });
    expect(sample).toEqual({ kind: 'value', value: 3, at });
  });
});

describe('an answer from which nothing follows', () => {
  it.each<[string, Sample['kind'], RegExp, Behaviour]>([
    ['NaN', 'noData', /NaN/, (q, r) => answerVector(q, r, 'NaN')],
    ['no series', 'noData', /no series/, (q, r) => answerVector(q, r, [])],
    ['stale', 'noData', /45 s older/, (q, r) => answerVector(q, r, '1', { offSeconds: -45 })],
    ['+Inf', 'inconclusive', /\+Inf/, (q, r) => answerVector(q, r, '+Inf')],
    ['two series', 'inconclusive', /2 series, expected one/, (q, r) => answerVector(q, r, ['1', '2'])],
    [
      'partial',
      'inconclusive',
      /partial: no store/,
      (q, r) => answerVector(q, r, '1', { warnings: ['no store'] }),
    ],
    [
      'histogram',
      'inconclusive',
      /histogram/,
      (_, r) =>
        answerJson(r, 200, {
          status: 'success',
          data: { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] },
        }),
    ],
    [
      'login page',
      'error',
      /not Prometheus' JSON/,
      (_, r) => r.end('<html>please log in s3cret-body</html>'),
    ],
    ['empty body', 'error', /not Prometheus' JSON/, (_, r) => r.end()],
    ['no content', 'error', /not Prometheus' JSON/, (_, r) => r.writeHead(204).end()],
    [
      'bad query',
      'error',
      /answered 400: the query is not valid: bad_data: 1:3: parse error$/,
      (_, r) => answerJson(r, 400, { status: 'error', errorType: 'bad_data', error: '1:3: parse error' }),
    ],
    [
      'failed query',
      'error',
      /422: the query is not valid: execution: many-to-many/,
      (_, r) => answerJson(r, 422, { status: 'error', errorType: 'execution', error: 'many-to-many' }),
    ],
    [
      '400 of a proxy',
      'error',
      /answered 400: the query is not valid$/,
      (_, r) => r.writeHead(400).end('s3cret-body'),
    ],
    ['401', 'error', /401: the credentials were refused/, (_, r) => r.writeHead(401).end('s3cret-body')],
    [
      '403',
      'error',
      /403: the credentials were refused/,
      (_, r) => answerJson(r, 403, { message: 's3cret-body' }),
    ],
    ['404', 'error', /404: there is no Prometheus API/, (_, r) => r.writeHead(404).end('s3cret-body')],
    ['429', 'error', /answered 429$/, (_, r) => r.writeHead(429, { 'retry-after': '1' }).end('s3cret-body')],
    [
      '500 of something else',
      'error',
      /answered 500$/,
      (_, r) => answerJson(r, 500, { message: 's3cret-body' }),
    ],
    [
      '503',
      'error',
      /answered 503: timeout: query timed out/,
      (_, r) => answerJson(r, 503, { status: 'error', errorType: 'timeout', error: 'query timed out' }),
    ],
    [
      'redirect',
      'error',
      /redirect \(302\), which is not followed/,
      (_, r) => r.writeHead(302, { location: '/elsewhere' }).end(),
    ],
    ['reset', 'error', /connection reset/, (_, r) => void r.socket?.resetAndDestroy()],
    [
      'half an answer',
      'error',
      /connection reset|the answer broke off/,
      (_, r) => {
        r.writeHead(200, { 'content-length': '1000' });
        r.write('{"status":', () => r.socket?.destroy());
      },
    ],
    ['not HTTP', 'error', /malformed HTTP/, (_, r) => void r.socket?.end('SSH-2.0-OpenSSH_9\r\n')],
    [
      'gzip bomb',
      'error',
      /larger than allowed/,
      (_, r) => {
        r.writeHead(200, { 'content-encoding': 'gzip' });
        r.end(gzipSync(Buffer.alloc(50 * 1024 * 1024, '1')));
      },
    ],
    [
      'broken gzip',
      'error',
      /malformed HTTP|the answer broke off/,
      (_, r) => {
        r.writeHead(200, { 'content-encoding': 'gzip' });
        r.end('not gzip');
      },
    ],
    [
      'endless body',
      'error',
      /larger than allowed/,
      (_, r) => {
        const chunk = Buffer.alloc(64 * 1024, 'x');
        const pour = (): void => {
          while (!r.destroyed && r.write(chunk));
        };
        r.on('drain', pour);
        pour();
      },
    ],
  ])('%s', async (_, kind, why, behaviour) => {
    const sample = await sampleOf(behaviour);
    expect(sample).toEqual({ kind, why: expect.stringMatching(why) });
    expect(JSON.stringify(sample)).not.toContain('s3cret-body');
    expect(server.seen).toHaveLength(1);
  });

  it('is an error when nobody listens, or the name does not exist', async () => {
    const gone = { metricsServer: 'http://prometheus.invalid:9090' };
    await expect(sampler.sample(check('up', gone))).resolves.toEqual({
      kind: 'error',
      why: expect.stringMatching(/^http:\/\/prometheus\.invalid:9090: host name/),
    });
    await server.close();
    await expect(sampler.sample(check())).resolves.toEqual({
      kind: 'error',
      why: `${server.url}: connection refused`,
    });
  });
});
