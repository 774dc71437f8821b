/** A service's past out of Prometheus: raw counters by `query_range`, page by page, as the requests of each interval. */
import type { HttpClient } from '../http/client.ts';
import type { RawSeries } from './port.ts';
import { readMatrix } from './series/matrix.ts';
import type { CounterSource } from './vantage/port.ts';
import { isMatched, selectorText } from './vantage/selector.ts';

/** Requests of one interval, times in seconds since the epoch. */
export interface Interval {
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly bad: number;
}

export interface HistoryRequest {
  readonly counters: readonly CounterSource[];
  /** Seconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Length of an interval in seconds; not less than that of the scrapes. */
  readonly step: number;
}

export interface HistoryDeps {
  readonly http: HttpClient;
  /** Without `/api/v1` and without a slash at its end. */
  readonly address: string;
  readonly authorization?: string;
  /** Told after each page, with the share that is read, 0 to 1. */
  readonly onPage?: (share: number) => void;
}

/** The answer is not one of Prometheus', or may be partial. */
export class HistoryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HistoryError';
  }
}

/** Servers refuse more than 11,000 points per series; fewer keep the answer of many series small. */
const pointsPerPage = 1_000;

/** Intervals in order; one without any series is left out. Rejects with HttpError or HistoryError. */
export async function readHistory(request: HistoryRequest, deps: HistoryDeps): Promise<Interval[]> {
  const { from, to, step } = request;
  const intervals = new Map<number, Interval>();
  const counters = createCounters();
  for (let start = from; start <= to; start += pointsPerPage * step) {
    const end = Math.min(to, start + (pointsPerPage - 1) * step);
    const pages = await Promise.all(
      request.counters.map(async source => ({ source, series: await page(source, start, end, step, deps) })),
    );
    for (const at of timesOf(pages.flatMap(({ series }) => series))) {
      const interval = { from: at - step, to: at, total: 0, bad: 0 };
      intervals.set(at, interval);
    }
    counters.take(pages, intervals);
    deps.onPage?.(Math.min(1, (end - from + step) / (to - from + step)));
  }
  return [...intervals.values()].toSorted((a, b) => a.from - b.from).slice(1);
}

/** How often the series are scraped, in seconds, by the samples of the ten minutes before `at`; undefined without any. */
export async function scrapeSeconds(
  counters: readonly CounterSource[],
  at: number,
  deps: HistoryDeps,
): Promise<number | undefined> {
  const intervals = await Promise.all(
    counters.map(async ({ total }) => {
      const series = selectorText(total);
      // A series may be younger than the window, so that its samples count against its own age.
      const age = `timestamp(${series}) - min_over_time(timestamp(${series})[10m:1s])`;
      const query = `min((${age}) / ((count_over_time(${series}[10m]) > 1) - 1))`;
      const [found] = await ask({ query, start: at, end: at, step: 1 }, deps);
      const seconds = found?.samples[0]?.[1] ?? 0;
      return seconds > 0 ? [seconds] : [];
    }),
  );
  const known = intervals.flat();
  return known.length > 0 ? Math.min(...known) : undefined;
}

async function page(
  { total }: CounterSource,
  start: number,
  end: number,
  step: number,
  deps: HistoryDeps,
): Promise<readonly RawSeries[]> {
  return ask({ query: selectorText(total), start, end, step }, deps);
}

async function ask(
  parameters: { query: string; start: number; end: number; step: number },
  { http, address, authorization }: HistoryDeps,
): Promise<readonly RawSeries[]> {
  const data = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const { data: body } = await http.request({
    method: 'POST',
    url: `${address}/api/v1/query_range`,
    headers: authorization === undefined ? {} : { authorization },
    data,
  });
  const answer = readMatrix(body);
  if (answer.kind === 'inconclusive') {
    throw new HistoryError(`${address}: the answer may be partial, so that a replay would mislead`);
  }
  if (answer.kind !== 'series') throw new HistoryError(`${address}: ${answer.why}`);
  return answer.series;
}

/** Seconds since the epoch, each once, in order. */
function timesOf(series: readonly RawSeries[]): number[] {
  const times = new Set(series.flatMap(({ samples }) => samples.map(([at]) => at / 1_000)));
  return [...times].toSorted((a, b) => a - b);
}

/** Turns counters into what they grew by, across pages. */
function createCounters() {
  const last = new Map<string, number>();
  let begun = false;

  return {
    take(
      pages: readonly { source: CounterSource; series: readonly RawSeries[] }[],
      intervals: ReadonlyMap<number, { total: number; bad: number }>,
    ): void {
      const [first] = intervals.keys();
      for (const { source, series } of pages) {
        for (const { labels, samples } of series) {
          const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
          const isBad = source.bad.some(matcher => isMatched(matcher, labels));
          for (const [time, value] of samples) {
            const at = time / 1_000;
            const interval = intervals.get(at);
            if (interval === undefined) continue;
            const before = last.get(key);
            last.set(key, value);
            // What is there at the very beginning has counted for longer than anybody asks about.
            if (before === undefined && !begun && at === first) continue;
            const grown = before === undefined || value < before ? value : value - before;
            interval.total += grown;
            if (isBad) interval.bad += grown;
          }
        }
      }
      begun = begun || first !== undefined;
    },
  };
}
