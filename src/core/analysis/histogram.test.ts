import { describe, expect, it } from 'vitest';
import { type Bucket, bucketsBetween, chooseBounds, slower } from './histogram.ts';

/** Cumulative buckets from [le, share of requests within]. */
function buckets(total: number, ...within: readonly (readonly [number, number])[]): Bucket[] {
  const rows = within.map(([le, share]) => ({ le, count: total * share }));
  return [...rows, { le: Number.POSITIVE_INFINITY, count: total }];
}

/** The default boundaries of OpenTelemetry for a service with median 100 ms and 99th percentile 320 ms. */
const usual = buckets(
  60_000,
  [0.005, 0],
  [0.05, 0.083],
  [0.075, 0.283],
  [0.1, 0.5],
  [0.25, 0.967],
  [0.5, 0.9993],
  [0.75, 0.99997],
  [1, 1],
);

describe('the boundaries to judge by', () => {
  it.each<[string, readonly Bucket[], number | undefined, number[]]>([
    ['nearest to half, a tenth and a fiftieth', usual, undefined, [0.1, 0.25]],
    ['where one lies on the median', buckets(100, [1, 0.5], [2, 0.9], [3, 0.98]), undefined, [1, 2, 3]],
    ['coarse buckets', buckets(1000, [0.1, 0.2], [0.3, 0.999]), undefined, [0.1, 0.3]],
    ['the objective first', usual, 0.5, [0.5, 0.1, 0.25]],
    ['the objective in place of one', buckets(100, [1, 0.5], [2, 0.9], [3, 0.98]), 4, [4, 2, 3]],
    ['the objective once', usual, 0.25, [0.25, 0.1]],
    ['none where all is faster', buckets(100, [1, 1]), undefined, []],
    ['none where all is slower', buckets(100, [0.001, 0]), undefined, []],
    ['none without requests', buckets(0, [1, 0]), undefined, []],
    ['none without buckets', [], undefined, []],
    ['in whatever order they come', usual.toReversed(), undefined, [0.1, 0.25]],
  ])('%s', (_, history, objective, bounds) => {
    expect(chooseBounds(history, objective)).toEqual(bounds);
  });
});

describe('the slower requests', () => {
  it.each([
    [[1], [50]],
    [
      [1, 2, 3],
      [50, 10, 2],
    ],
    [[1.5], [30]],
    [[0.5], [75]],
    [[4], [2]],
    [[0], [100]],
  ])('than %j: %j', (bounds, bad) => {
    expect(slower(buckets(100, [1, 0.5], [2, 0.9], [3, 0.98]), bounds)).toEqual({ total: 100, bad });
  });

  it('of no bucket are none', () => {
    expect(slower([], [1])).toEqual({ total: 0, bad: [0] });
  });
});

describe('the buckets between two readings', () => {
  it('are differences, also of a bucket that is new, and never negative', () => {
    const before = [
      { le: 1, count: 10 },
      { le: 2, count: 30 },
    ];
    const after = [
      { le: 1, count: 15 },
      { le: 2, count: 29 },
      { le: 3, count: 4 },
    ];
    expect(bucketsBetween(before, after)).toEqual([
      { le: 1, count: 5 },
      { le: 2, count: 0 },
      { le: 3, count: 4 },
    ]);
  });
});
