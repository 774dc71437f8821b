/** Raw samples over real sockets: few queries for many, exactly one's own series, and whatever can go wrong told without a verdict. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SeriesReader } from '../../src/metrics/port.ts';
import { createSeriesReader } from '../../src/metrics/series/reader.ts';
import { createServers, type Servers } from '../../src/metrics/servers.ts';
import { is } from '../../src/metrics/vantage/selector.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { answerJson, type FakePrometheus, startFakePrometheus } from './fake-prometheus.ts';

const at = 1_700_000_000_000;
let server: FakePrometheus;
let servers: Servers;
let reader: SeriesReader;

beforeEach(async () => {
  server = await startFakePrometheus();
  servers = createServers({
    readSecret: () => Promise.resolve(undefined),
    defaultServer: { address: server.url },
    clock: systemClock,
    addresses: { deny: ['127.0.0.2/32'] },
    timeoutMs: 500,
  });
  reader = createSeriesReader({ servers, clock: systemClock });
});

afterEach(async () => {
  servers.close();
  await server.close();
});

function requests(service: string) {
  return { metric: 'requests_total', matchers: [is('service', service)] };
}

function ask(...services: string[]) {
  return reader.read({ selectors: services.map(service => requests(service)), from: at - 20_000, at });
}

function series(service: string, values: unknown[], code = '200') {
  return { metric: { __name__: 'requests_total', service, code }, values };
}

/** Answers every query with these series, whatever was asked for. */
function answerSeries(result: unknown[], more: object = {}): void {
  server.behave((_, response) =>
    answerJson(response, 200, { status: 'success', data: { resultType: 'matrix', result }, ...more }),
  );
}

const seconds = at / 1_000;

it('asks once for what several Canaries ask for, as raw samples, and gives each its own series', async () => {
  answerSeries([
    series('a', [
      [seconds - 10, '5'],
      [seconds - 5.001, '7'],
    ]),
    series('a', [[seconds - 5.001, '1']], '500'),
    series('b', [[seconds - 5.001, '3']]),
    { metric: { __name__: 'other_total', service: 'a' }, values: [[seconds, '9']] },
  ]);
  const [[a], [b, c]] = await Promise.all([ask('a'), ask('b', 'c')]);
  expect(server.seen.map(({ parameters }) => parameters.get('query'))).toEqual([
    'requests_total{service=~"a|b|c"}[30s]',
  ]);
  expect(a).toMatchObject({
    kind: 'series',
    series: [{ labels: { code: '200' } }, { labels: { code: '500' } }],
  });
  expect(a).toMatchObject({
    series: [
      {
        samples: [
          [at - 10_000, 5],
          [at - 5_001, 7],
        ],
      },
      {},
    ],
  });
  expect(b).toMatchObject({ kind: 'series', series: [{ samples: [[at - 5_001, 3]] }] });
  expect(c).toEqual({ kind: 'series', series: [] });
});

it('leaves out what is no number, and reads native histograms beside', async () => {
  const histogram = [
    [seconds - 5, { count: '3', sum: '1', buckets: [[0, '0.25', 'x', '3']] }],
    [seconds, { count: '9', sum: '3.5', buckets: [[0, '0.25', '0.5', '7']] }],
  ];
  answerSeries([
    series('a', [
      [seconds - 10, 'NaN'],
      [seconds - 5, '+Inf'],
      [seconds, '4'],
    ]),
    { metric: { __name__: 'requests_total', service: 'a' }, histograms: histogram },
  ]);
  expect(await ask('a')).toEqual([
    {
      kind: 'series',
      series: [
        expect.objectContaining({ samples: [[at, 4]] }),
        expect.objectContaining({
          samples: [],
          histograms: [{ at, count: 9, buckets: [[0.25, 0.5, 7]] }],
        }),
      ],
    },
  ]);
});

it.each<[what: string, kind: string, why: RegExp, behave: () => void]>([
  [
    'a partial answer',
    'inconclusive',
    /partial: store 2 is down/u,
    () => answerSeries([], { warnings: ['store 2 is down'] }),
  ],
  [
    'a vector',
    'error',
    /not Prometheus' JSON/u,
    () =>
      server.behave((_, r) =>
        answerJson(r, 200, { status: 'success', data: { resultType: 'vector', result: [] } }),
      ),
  ],
  [
    'a sample that is none',
    'error',
    /not Prometheus' JSON/u,
    () => answerSeries([series('a', [[seconds, 4]])]),
  ],
  [
    'a label that is none',
    'error',
    /not Prometheus' JSON/u,
    () => answerSeries([{ metric: { __name__: 'requests_total', service: 7 }, values: [] }]),
  ],
  [
    'a time that is none',
    'error',
    /not Prometheus' JSON/u,
    () => answerSeries([series('a', [['1700000000', '4']])]),
  ],
  [
    'half a histogram',
    'error',
    /not Prometheus' JSON/u,
    () => answerSeries([{ metric: { __name__: 'requests_total', service: 'a' }, histograms: [[seconds]] }]),
  ],
  ['a login page', 'error', /not Prometheus' JSON/u, () => server.behave((_, r) => void r.end('<html>'))],
  [
    'a refusal',
    'error',
    /bad_data: too many samples/u,
    () =>
      server.behave((_, r) =>
        answerJson(r, 422, { status: 'error', errorType: 'bad_data', error: 'too many samples' }),
      ),
  ],
  ['a reset', 'error', /./u, () => server.behave((_, r) => void r.socket?.resetAndDestroy())],
  [
    'half an answer',
    'error',
    /./u,
    () =>
      server.behave((_, r) => {
        r.writeHead(200, { 'content-length': '1000' });
        r.write('{"status":');
        r.socket?.destroySoon();
      }),
  ],
  ['silence', 'error', /no complete answer within 0.5 s/u, () => server.behave(() => undefined)],
])('%s is no evidence', async (_what, kind, why, behave) => {
  behave();
  expect(await ask('a')).toEqual([{ kind, why: expect.stringMatching(why) }]);
});

it('keeps a failed query of one from failing that of another', async () => {
  server.behave(({ parameters }, response) => {
    if (parameters.get('query')?.startsWith('other') === true) return void response.socket?.resetAndDestroy();
    answerJson(response, 200, { status: 'success', data: { resultType: 'matrix', result: [] } });
  });
  const selectors = [requests('a'), { metric: 'other_total', matchers: [] }];
  expect(await reader.read({ selectors, from: at - 20_000, at })).toMatchObject([
    { kind: 'series' },
    { kind: 'error' },
  ]);
});

it('follows no tenant to an address that the admin did not allow', async () => {
  const [answer] = await reader.read({
    selectors: [requests('a')],
    from: at - 20_000,
    at,
    metricsServer: `http://127.0.0.2:${server.port}`,
  });
  expect(answer).toMatchObject({ kind: 'error', why: expect.stringContaining("ask the operator's admin") });
  expect(server.seen).toEqual([]);
});
