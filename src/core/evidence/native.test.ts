import { describe, expect, test } from 'vitest';
import { checkSettings } from '../analysis/settings.ts';
import { judgeCompare } from './compare.ts';
import { classicOf, type HistogramSeries, type NativeSample } from './native.ts';

const second = 1_000;
const base = 2 ** (1 / 8);

/** Exponential buckets by their index: (base^(i-1), base^i]. */
function sample(at: number, counts: ReadonlyMap<number, number>, widths = 1): NativeSample {
  const wide = Map.groupBy(counts, ([index]) => Math.ceil(index / widths) * widths);
  const buckets = [...wide].map(
    ([index, of]) =>
      [base ** (index - widths), base ** index, of.reduce((sum, [, count]) => sum + count, 0)] as const,
  );
  return { at, count: buckets.reduce((sum, [, , count]) => sum + count, 0), buckets };
}

function native(pod: string, ...histograms: NativeSample[]): HistogramSeries {
  return { labels: { __name__: 'latency_seconds', pod }, samples: [], histograms };
}

function classic(pod: string, le: string): HistogramSeries {
  return { labels: { __name__: 'latency_seconds_bucket', pod, le }, samples: [[second, 1]] };
}

function countsAt(series: readonly { labels: object; samples: readonly (readonly [number, number])[] }[]) {
  return series.map(({ labels, samples }) => [
    Number(Reflect.get(labels, 'le')),
    samples.map(([, value]) => value),
  ]);
}

test('observations at every boundary, that of an empty bucket included', () => {
  const canary = native(
    'a',
    sample(second, new Map([[-8, 3]])),
    sample(
      2 * second,
      new Map([
        [-8, 4],
        [0, 2],
      ]),
    ),
  );
  const sides = classicOf({ canary: [canary], primary: [] });
  if ('why' in sides) throw new Error(sides.why);
  expect(countsAt(sides.canary)).toEqual([
    [expect.closeTo(base ** -9, 9), [0, 0]],
    [0.5, [3, 4]],
    [expect.closeTo(base ** -1, 9), [3, 4]],
    [1, [3, 6]],
    [Number.NaN, [3, 6]],
  ]);
});

test('where buckets became wider, only the boundaries that both tell exactly are left, for both sides', () => {
  const counts = new Map([
    [1, 5],
    [2, 5],
    [3, 5],
    [4, 5],
  ]);
  const fine = native('a', sample(second, counts));
  const coarse = native('b', sample(second, counts, 2));
  const sides = classicOf({ canary: [fine], primary: [coarse] });
  if ('why' in sides) throw new Error(sides.why);
  expect(countsAt(sides.canary)).toEqual(countsAt(sides.primary));
  expect(countsAt(sides.canary).slice(0, -1)).toEqual([
    [1, [0]],
    [expect.closeTo(base ** 2, 9), [10]],
    [expect.closeTo(base ** 4, 9), [20]],
  ]);
});

describe('kinds', () => {
  const hot = native('a', sample(second, new Map([[1, 1]])));

  test('classic ones are taken where every pod has them', () => {
    const sides = classicOf({ canary: [hot, classic('a', '1')], primary: [classic('b', '1')] });
    expect(sides).toEqual({ canary: [classic('a', '1')], primary: [classic('b', '1')] });
  });

  test.each([
    ['native histograms on the canary', [hot], [classic('b', '1')]],
    ['classic and native histograms on the canary', [hot, classic('c', '1')], [classic('b', '1')]],
  ])('%s cannot be compared with classic ones', (_, canary, primary) => {
    expect(classicOf({ canary, primary })).toEqual({
      why: expect.stringMatching(
        /native histograms on the canary's side and classic histograms on the primary's cannot/u,
      ),
    });
  });

  test('nothing is nothing', () => {
    expect(classicOf({ canary: [], primary: [] })).toEqual({ canary: [], primary: [] });
  });
});

test('a slower canary is found by native histograms', () => {
  const begin = 600 * second;
  const growing = (pod: string, from: number, per: readonly [number, number][]): HistogramSeries => {
    const histograms: NativeSample[] = [];
    for (let at = from; at <= begin + 120 * second; at += 5 * second) {
      const seconds = (at - from) / second;
      histograms.push(sample(at, new Map(per.map(([index, each]) => [index, each * seconds]))));
    }
    return native(pod, ...histograms);
  };
  const usual: [number, number][] = [
    [-30, 50],
    [-20, 40],
    [-10, 9],
    [0, 1],
  ];
  const slow: [number, number][] = [
    [-30, 2],
    [-20, 6],
    [-10, 10],
    [0, 2],
  ];
  const check = {
    name: 'latency',
    kind: 'compare',
    settings: checkSettings('latency', 'balanced', { warmUpMs: 0 }),
  } as const;
  const judge = (canary: [number, number][]) => {
    const sides = classicOf({ canary: [growing('c', begin, canary)], primary: [growing('p', 0, usual)] });
    if ('why' in sides) throw new Error(sides.why);
    const selectors = { canary: 'c', primary: 'p' };
    return judgeCompare(
      check,
      undefined,
      { kind: 'histograms', ...sides, selectors, unitMs: 1_000 },
      { now: begin + 121 * second, analysedFrom: begin },
    );
  };
  expect(judge(slow)).toMatchObject({ outcome: 'fail', action: 'rollback' });
  expect(judge(usual.map(([index, each]) => [index, each / 10]))).toMatchObject({ action: 'advance' });
});
