import { expect, test } from 'vitest';
import { checkSettings } from '../analysis/settings.ts';
import type { CheckEvidence } from './check-evidence.ts';
import { judgeCompare } from './compare.ts';
import type { Countable } from './scraped.ts';
import type { RawSeries } from './series.ts';

const second = 1_000;
const begin = 600 * second;
const check = {
  name: 'errors',
  kind: 'compare',
  settings: checkSettings('errors', 'balanced', { warmUpMs: 0 }),
} as const;
const selectors = { canary: 'x{side="canary"}', primary: 'x{side="primary"}' };

interface Rates {
  /** Requests per second. */
  readonly canary: number;
  readonly primary: number;
  /** Share of failed requests of the canary. */
  readonly bad: number;
}

/** Seconds. */
function since(at: number, from: number): number {
  return Math.max(0, at - from) / second;
}

/** Counters every five seconds up to `until`; the canary's begin with the run. */
function scraped(until: number, { canary, primary, bad }: Rates): Countable {
  const times: number[] = [];
  for (let at = 0; at <= until; at += 5 * second) times.push(at);
  const counter = (name: string, value: (at: number) => number, from = 0): RawSeries => ({
    labels: { name },
    samples: times.filter(at => at > from || from === 0).map(at => [at, value(at)]),
  });
  const failed = counter('canary bad', at => Math.round(since(at, begin) * canary * bad), begin);
  return {
    kind: 'counters',
    canary: {
      total: [counter('canary', at => since(at, begin) * canary, begin)],
      bad: bad > 0 ? [failed] : [],
    },
    primary: {
      total: [counter('primary', at => since(at, 0) * primary)],
      bad: [counter('primary bad', at => Math.floor(since(at, 0) * primary * 0.001))],
    },
    selectors,
  };
}

function judge(stored: string | undefined, until: number, rates: Rates): CheckEvidence {
  return judgeCompare(check, stored, scraped(until, rates), { now: until + second, analysedFrom: begin });
}

const healthy = { canary: 10, primary: 90, bad: 0.001 };
const sick = { canary: 10, primary: 90, bad: 0.3 };

test('a canary as good as the primary passes once it had requests enough', () => {
  expect(judge(undefined, begin + 5 * second, healthy)).toMatchObject({
    outcome: 'inconclusive',
    action: 'advance',
  });
  expect(judge(undefined, begin + 1_200 * second, healthy)).toMatchObject({
    outcome: 'pass',
    action: 'advance',
  });
});

test('a worse one is taken back, by two scrapes at the earliest', () => {
  expect(judge(undefined, begin + 5 * second, sick)).toMatchObject({ action: 'advance' });
  expect(judge(undefined, begin + 10 * second, sick)).toMatchObject({ outcome: 'fail', action: 'rollback' });
});

test('scrape by scrape or all at once, with the state in status or lost before its commit: the same verdict at the same boundary', () => {
  let state: string | undefined;
  const told: CheckEvidence[] = [];
  for (let at = begin; at <= begin + 60 * second; at += 5 * second) {
    const seen = judge(state, at, healthy);
    expect(judge(state, at, healthy)).toEqual(seen);
    told.push(seen);
    state = seen.state;
  }
  expect(judge(undefined, begin + 60 * second, healthy)).toEqual(told.at(-1));
  expect(judge(state, begin + 60 * second, healthy)).toEqual(told.at(-1));
});

test('the state stays small enough for a status', () => {
  const { state = '' } = judge(undefined, begin + 3_600 * second, sick);
  expect(state.length).toBeLessThan(400);
});

test.each(['', '{', '[]', '{"at":"x"}', '{"at":1}'])(
  'a stored state that is none (%j) begins anew',
  stored => {
    expect(judge(stored, begin + 10 * second, sick)).toMatchObject({ action: 'rollback' });
  },
);

test('requests that an earlier canary got right before the run do not count', () => {
  const good = scraped(begin + 10 * second, { ...healthy, bad: 0 });
  const before = (name: string, each: number): RawSeries => ({
    labels: { name },
    samples: [-10, -5, 0, 5, 10].map(at => [begin + at * second, (Math.min(at, 2) + 20) * each]),
  });
  const canary = { total: [before('canary', 10)], bad: [before('canary bad', 9)] };
  const data: Countable = { ...good, kind: 'counters', primary: sidesOf(good), canary };
  const moment = { now: begin + 11 * second, analysedFrom: begin + 2 * second };
  expect(judgeCompare(check, undefined, data, moment)).toMatchObject({ action: 'hold', outcome: 'noData' });
});

function sidesOf(data: Countable): Extract<Countable, { kind: 'counters' }>['primary'] {
  if (data.kind !== 'counters') throw new Error('these are counters');
  return data.primary;
}

test('what is missing is named with its selector', () => {
  const none = {
    kind: 'counters',
    canary: { total: [], bad: [] },
    primary: { total: [], bad: [] },
    selectors,
  } as const;
  const moment = { now: begin, analysedFrom: begin };
  expect(judgeCompare(check, undefined, none, moment)).toMatchObject({
    outcome: 'noData',
    message: 'errors: no series matches x{side="primary"} or x{side="canary"}.',
  });
  const old = judgeCompare(check, undefined, scraped(begin, healthy), {
    now: begin + 120 * second,
    analysedFrom: begin,
  });
  expect(old).toMatchObject({
    outcome: 'noData',
    message: expect.stringContaining('stale (the newest is 120 s old)'),
  });
});

test('samples of a silence are judged as one batch when they come', () => {
  const { state } = judge(undefined, begin + 30 * second, healthy);
  const late = judge(state, begin + 90 * second, healthy);
  expect(late.counts?.canary.total).toBeCloseTo(900, 6);
});
