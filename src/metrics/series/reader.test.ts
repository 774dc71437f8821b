/** What is remembered shortens questions and changes no answer: a reader that was just started says the same. */
import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import type { RawSeries, SeriesAnswer, SeriesReader } from '../port.ts';
import { is } from '../vantage/selector.ts';
import { createSeriesReader } from './reader.ts';

const began = 1_700_000_000_000;
const scrapeMs = 5_000;

interface Sample {
  readonly code: string;
  readonly at: number;
  readonly value: number;
  /** When it can be read. */
  readonly stored: number;
}

let samples: Sample[];
let asked: string[];
let failure: SeriesAnswer | undefined;

/** A Prometheus of one counter's series by `code`. */
async function range(query: string, at: number): Promise<SeriesAnswer> {
  asked.push(query);
  if (failure !== undefined) return failure;
  const length = Number(/\[(\d+)s\]$/u.exec(query)?.[1]) * 1_000;
  const within = samples.filter(each => each.at > at - length && each.at <= at && each.stored <= at);
  const series = [...Map.groupBy(within, ({ code }) => code)].map(([code, of]) => ({
    labels: { __name__: 'requests_total', service: 'a', code },
    samples: of.toSorted((a, b) => a.at - b.at).map(each => [each.at, each.value] as const),
  }));
  return { kind: 'series', series };
}

function started(): SeriesReader {
  const server = {
    range,
    query: () => Promise.reject(new Error('nobody asks for an instant')),
    busy: () => false,
    close: () => undefined,
  };
  return createSeriesReader({
    servers: { find: () => Promise.resolve(server), close: () => undefined },
    clock: { after: (_ms, run) => (queueMicrotask(run), () => undefined) },
  });
}

beforeEach(() => {
  samples = [];
  asked = [];
  failure = undefined;
});

function scraped(code: string, from: number, to: number, more: Partial<Sample> = {}): void {
  for (let at = from; at <= to; at += scrapeMs)
    samples.push({ code, at: began + at, value: at / 1_000, stored: began + at + 100, ...more });
}

const selectors = [{ metric: 'requests_total', matchers: [is('service', 'a')] }];

async function read(reader: SeriesReader, at: number, lengthMs = 100_000): Promise<SeriesAnswer | undefined> {
  const [answer] = await reader.read({ selectors, from: began + at - lengthMs, at: began + at });
  return answer;
}

function inOrder(answer: SeriesAnswer | undefined): readonly RawSeries[] | undefined {
  return answer?.kind === 'series'
    ? answer.series.toSorted((a, b) => (a.labels['code'] ?? '').localeCompare(b.labels['code'] ?? ''))
    : undefined;
}

async function expectSame(reader: SeriesReader, at: number, lengthMs?: number): Promise<void> {
  const remembered = inOrder(await read(reader, at, lengthMs));
  const own = asked;
  asked = [];
  expect(remembered).toEqual(inOrder(await read(started(), at, lengthMs)));
  asked = own;
}

function windows(): (string | undefined)[] {
  return asked.map(query => /\[(.+)\]$/u.exec(query)?.[1]);
}

test('what was read is not asked for again', async () => {
  scraped('200', 0, 300_000);
  const reader = started();
  for (const at of [200_500, 205_500, 210_500]) await expectSame(reader, at);
  expect(windows()).toEqual(['120s', '30s', '30s']);
});

test('after a silence it asks back to the newest sample that it knows', async () => {
  scraped('200', 0, 300_000);
  const reader = started();
  await expectSame(reader, 150_500);
  await expectSame(reader, 200_500);
  await expectSame(reader, 290_500, 60_000);
  expect(windows()).toEqual(['120s', '60s', '60s']);
});

test('samples that come late are taken when they come, for as far back as they reach', async () => {
  scraped('200', 0, 150_000);
  scraped('200', 155_000, 210_000, { stored: began + 211_000 });
  scraped('500', 0, 250_000);
  const reader = started();
  for (const at of [150_500, 155_500, 200_500, 211_500, 215_500]) await expectSame(reader, at);
  expect(windows()).toEqual(['120s', '30s', '60s', '120s', '30s']);
});

test('a series that appears is asked for in full, since it may be older than the answer', async () => {
  scraped('200', 0, 300_000);
  scraped('500', 120_000, 300_000, { stored: began + 204_000 });
  const reader = started();
  for (const at of [200_500, 205_500, 210_500]) await expectSame(reader, at);
  expect(windows()).toEqual(['120s', '30s', '120s', '30s']);
});

test('a series that vanishes is remembered for as long as it is asked for', async () => {
  scraped('200', 0, 400_000);
  scraped('500', 0, 200_000);
  const reader = started();
  for (let at = 195_500; at < 330_000; at += scrapeMs) await expectSame(reader, at);
  expect(windows().slice(-4)).toEqual(['30s', '30s', '30s', '30s']);
});

test('the samples of another replica are not mixed with those of the first', async () => {
  scraped('200', 0, 300_000);
  const reader = started();
  await expectSame(reader, 200_500);
  const first = samples;
  samples = first.map(({ at, ...each }) => ({ ...each, at: at - 1_234 }));
  await expectSame(reader, 205_500);
  await expectSame(reader, 210_500);
  samples = first;
  await expectSame(reader, 215_500);
  expect(windows()).toEqual(['120s', '30s', '120s', '30s', '30s', '120s']);
});

test('a sample that is put between known ones later, or is gone, makes all of them be asked for', async () => {
  scraped('200', 0, 300_000);
  const reader = started();
  await expectSame(reader, 200_500);
  samples.push({ code: '200', at: began + 192_000, value: 191, stored: 0 });
  await expectSame(reader, 205_500);
  samples = samples.filter(({ at }) => at !== began + 195_000);
  await expectSame(reader, 210_500);
  expect(windows()).toEqual(['120s', '30s', '120s', '30s', '120s']);
});

test('what nobody could answer is asked for by the next pass', async () => {
  scraped('200', 0, 300_000);
  const reader = started();
  await read(reader, 200_500);
  failure = { kind: 'error', why: 'connection refused' };
  expect(await read(reader, 205_500)).toEqual(failure);
  failure = undefined;
  await expectSame(reader, 225_500);
  expect(windows()).toEqual(['120s', '30s', '60s']);
});

test('a clock that was put back, a longer time and five minutes each make all be asked for', async () => {
  scraped('200', 0, 900_000);
  const reader = started();
  await expectSame(reader, 400_500);
  await expectSame(reader, 390_500);
  await expectSame(reader, 400_500, 200_000);
  await expectSame(reader, 405_500);
  for (let at = 410_500; at <= 705_500; at += scrapeMs) await expectSame(reader, at);
  expect(windows().slice(0, 4)).toEqual(['120s', '120s', '240s', '30s']);
  expect(windows().slice(-3)).toEqual(['30s', '120s', '30s']);
});

test('a native histogram is asked for in full', async () => {
  const native = { labels: { code: '200' }, samples: [], histograms: [{ at: began, count: 1, buckets: [] }] };
  failure = {
    kind: 'series',
    series: [{ ...native, labels: { __name__: 'requests_total', service: 'a' } }],
  };
  const reader = started();
  for (const at of [1_000, 6_000]) expect(await read(reader, at)).toEqual(failure);
  expect(windows()).toEqual(['120s', '120s']);
});

/** A target that is there for a time and restarts; each scrape takes a while, and they are stored in order. */
const lives = fc.record({
  born: fc.nat({ max: 300 }),
  lives: fc.nat({ max: 300 }),
  everyScrapes: fc.integer({ min: 1, max: 4 }),
  restarts: fc.nat({ max: 300 }),
  lateMs: fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 5 }),
});

test('whatever series do, a reader that has read before says what one says that was just started', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(lives, { minLength: 1, maxLength: 4 }),
      fc.array(
        fc.record({ after: fc.integer({ min: 1, max: 40 }), length: fc.integer({ min: 20, max: 130 }) }),
        {
          minLength: 2,
          maxLength: 12,
        },
      ),
      async (series, passes) => {
        samples = series.flatMap((life, index) => {
          let stored = 0;
          const count = Math.ceil(life.lives / (5 * life.everyScrapes));
          return Array.from({ length: count }, (_, sample): Sample => {
            const at = began + (life.born + sample * 5 * life.everyScrapes) * 1_000;
            stored = Math.max(stored, at + (life.lateMs[sample % life.lateMs.length] ?? 0));
            const since = at < began + life.restarts * 1_000 ? life.born : life.restarts;
            return { code: String(index), at, value: at - began - since * 1_000, stored };
          });
        });
        const reader = started();
        let at = 0;
        for (const { after, length } of passes) {
          at += after * 1_000;
          await expectSame(reader, at, length * 1_000);
        }
      },
    ),
  );
});
