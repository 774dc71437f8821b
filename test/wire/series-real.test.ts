/** Counts read from a real Prometheus: restarts, series born late, and both sides cut at the same scrapes. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  boundariesOf,
  growth,
  reachOf,
  scrapeIntervalOf,
  seenUntil,
} from '../../src/core/evidence/series.ts';
import type { RawSeries, SeriesAnswer } from '../../src/metrics/port.ts';
import { createSeriesReader } from '../../src/metrics/series/reader.ts';
import { createServers, type Servers } from '../../src/metrics/servers.ts';
import { is } from '../../src/metrics/vantage/selector.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { waitFor } from '../kind/lib/wait.ts';
import { type RealPrometheus, startRealPrometheus } from './real-prometheus.ts';

/** Ten answers per scrape; after eight scrapes the process starts anew, and from the sixth on one more answer in each fails. */
const perScrape = 10;
const restartsAt = 8;
const failsFrom = 6;

let server: RealPrometheus;
let servers: Servers;

beforeAll(async () => {
  server = await startRealPrometheus({
    gateway: {
      labels: {},
      export: scrape =>
        ['canary', 'primary'].flatMap(side => {
          const since = scrape >= restartsAt ? scrape - restartsAt + 1 : scrape;
          const failed = Math.max(0, scrape >= restartsAt ? since : scrape - failsFrom + 1);
          const line = (code: number, value: number) =>
            `requests_total{service="${side}",code="${code}"} ${value}`;
          return [line(200, since * perScrape), ...(failed > 0 ? [line(500, failed)] : [])];
        }),
    },
  });
  servers = createServers({
    readSecret: () => Promise.resolve(undefined),
    defaultServer: { address: server.url },
    clock: systemClock,
  });
}, 1_800_000);

afterAll(async () => {
  servers?.close();
  await server?.stop();
});

it('counts every request once, through a restart and the birth of a series', async () => {
  const reader = createSeriesReader({ servers, clock: systemClock });
  const selectors = ['canary', 'primary'].map(service => ({
    metric: 'requests_total',
    matchers: [is('service', service)],
  }));
  const sides = await waitFor('twenty scrapes', async () => {
    const at = Date.now();
    const answers = await reader.read({ selectors, from: at - 60_000, at });
    const found = answers.map((answer): readonly RawSeries[] =>
      answer.kind === 'series' ? answer.series : [],
    );
    return (found[0]?.[0]?.samples.length ?? 0) >= 20 ? found : undefined;
  });
  const all = sides.flat();
  const scrapeMs = scrapeIntervalOf(all) ?? 0;
  expect(scrapeMs).toBeGreaterThan(50);
  expect(scrapeMs).toBeLessThan(200);
  const times = all[0]?.samples.map(([at]) => at) ?? [];
  const [from = 0] = times;
  const until = seenUntil(all, times.at(-1) ?? 0, scrapeMs) ?? 0;
  const reach = reachOf(all, from, scrapeMs);
  for (const side of sides) {
    const failed = side.filter(({ labels }) => labels['code'] === '500');
    const fine = side.filter(({ labels }) => labels['code'] === '200');
    const scrapes = times.filter(at => at > from && at <= until).length;
    expect(growth(fine, from, until, reach)).toBe(scrapes * perScrape);
    const seenFailing = failed[0]?.samples.filter(([at]) => at <= until) ?? [];
    expect(growth(failed, from, until, reach)).toBe(seenFailing.length);
    const parts = [from, ...boundariesOf(all, { from, until, scrapeMs })];
    const last = parts.at(-1) ?? 0;
    const pieces = parts.slice(1).map((to, index) => growth(fine, parts[index] ?? to, to, reach));
    expect(pieces.reduce((sum, piece) => sum + piece, 0)).toBeCloseTo(growth(fine, from, last, reach), 6);
  }
  // It has read at every poll, through the restart and the birth: one that was just started must say the same.
  const at = Date.now();
  await setTimeout(1_000);
  const request = { selectors, from: at - 60_000, at };
  const remembered = await reader.read(request);
  const anew = await createSeriesReader({ servers, clock: systemClock }).read(request);
  expect(remembered.map(inOrder)).toEqual(anew.map(inOrder));
});

function inOrder(answer: SeriesAnswer): unknown {
  if (answer.kind !== 'series') return answer;
  return answer.series.toSorted((a, b) => (a.labels['code'] ?? '').localeCompare(b.labels['code'] ?? ''));
}
