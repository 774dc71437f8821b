import { expect, test } from 'vitest';
import type { RawSeries } from './series.ts';
import { judgeThreshold } from './threshold.ts';

const second = 1_000;
const begin = 100 * second;
const threshold = {
  name: 'ceiling',
  kind: 'threshold',
  max: 0.02,
  alpha: 0.05,
  warmUpMs: 10 * second,
} as const;

/** A counter that grows by `each` per second from `from` on, scraped every five seconds. */
function counter(name: string, until: number, each: (at: number) => number): RawSeries {
  const samples: [number, number][] = [];
  let value = 1_000;
  for (let at = 0; at <= until; at += second) {
    value += each(at);
    if (at % (5 * second) === 0) samples.push([at, value]);
  }
  return { labels: { name }, samples };
}

function scraped(until: number, total: number, bad: (at: number) => number) {
  const side = (name: string) => ({
    total: [counter(name, until, () => total)],
    bad: [counter(`${name} bad`, until, bad)],
  });
  const selectors = { canary: 'canary', primary: 'primary' };
  return { kind: 'counters', canary: side('canary'), primary: side('primary'), selectors } as const;
}

function at(until: number) {
  return { now: until + second, analysedFrom: begin };
}

test('a rate certainly above the limit fails, one certainly below passes, and between them nothing is said', () => {
  const until = begin + 600 * second;
  const judge = (share: number) =>
    judgeThreshold(
      threshold,
      undefined,
      scraped(until, 100, () => 100 * share),
      at(until),
    );
  expect(judge(0.05)).toMatchObject({ outcome: 'fail', action: 'rollback' });
  expect(judge(0.005)).toMatchObject({ outcome: 'pass', action: 'advance' });
  expect(judge(0.02)).toMatchObject({ outcome: 'inconclusive', action: 'advance' });
  expect(judge(0.05).message).toMatch(
    /^ceiling: between 4\.\d+ % and 5\.\d+ % failed of 59,\d+ requests, allowed is at most 2 %\.$/u,
  );
});

test('the warm-up does not count, and no scrape counts twice', () => {
  const cold = (at: number) => (at < begin + 10 * second ? 50 : 0);
  const until = begin + 60 * second;
  const whole = judgeThreshold(threshold, undefined, scraped(until, 100, cold), at(until));
  expect(JSON.parse(whole.state ?? '')).toMatchObject({ total: 5_000, bad: 0 });
  let state: string | undefined;
  for (let end = begin; end <= until; end += 5 * second) {
    state = judgeThreshold(threshold, state, scraped(end, 100, cold), at(end)).state ?? state;
  }
  expect(state).toBe(whole.state);
});

test('a check of one counter names that one when it is missing', () => {
  const none = {
    kind: 'counters',
    canary: { total: [], bad: [] },
    primary: { total: [], bad: [] },
    selectors: { canary: 'orders_total', primary: '' },
  } as const;
  expect(judgeThreshold(threshold, undefined, none, at(begin))).toMatchObject({
    outcome: 'noData',
    message: 'ceiling: no series matches orders_total.',
  });
});
