import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundariesOf, growth, type RawSeries, reachOf, scrapeIntervalOf, seenUntil } from './series.ts';

const scrapeMs = 5_000;

function series(values: readonly (readonly [seconds: number, value: number])[], labels = {}): RawSeries {
  return { labels, samples: values.map(([seconds, value]) => [seconds * 1_000, value]) };
}

function grown(all: readonly RawSeries[], from: number, to: number, bornAfter = from): number {
  return growth(all, from * 1_000, to * 1_000, reachOf(all, bornAfter * 1_000, scrapeMs));
}

const steady = series([
  [0, 100],
  [5, 110],
  [10, 120],
  [15, 130],
]);

test('a counter grew by the difference', () => {
  expect(grown([steady], 5, 15)).toBe(20);
});

test('a restart counts from zero, and nothing is lost or negative', () => {
  const restarted = series([
    [0, 100],
    [5, 110],
    [10, 4],
    [15, 9],
  ]);
  expect(grown([restarted], 0, 15)).toBe(10 + 4 + 5);
  expect(grown([restarted], 5, 10)).toBe(4);
});

test('a series born beside older ones of its target counted from zero', () => {
  const errors = series(
    [
      [10, 3],
      [15, 4],
    ],
    { code: '500' },
  );
  expect(grown([steady, errors], 5, 10)).toBe(10 + 3);
  expect(grown([steady, errors], 10, 15)).toBe(10 + 1);
});

test('a target that appears with all of its series had counted before, nobody knows since when', () => {
  const gone = { instance: 'b' };
  const back = [
    series(
      [
        [10, 5_000],
        [15, 5_010],
      ],
      gone,
    ),
    series(
      [
        [10, 70],
        [15, 71],
      ],
      { ...gone, code: '500' },
    ),
  ];
  expect(grown([steady, ...back], 5, 15)).toBe(20 + 10 + 1);
});

test('a series that was there when the boundary was judged was not born after it', () => {
  const errors = series(
    [
      [10, 3],
      [15, 4],
    ],
    { code: '500' },
  );
  expect(grown([steady, errors], 10, 15, 12)).toBe(10 + 1);
});

test('a series that vanishes grows no further', () => {
  expect(
    grown(
      [
        series([
          [0, 10],
          [5, 20],
        ]),
      ],
      0,
      15,
    ),
  ).toBe(10);
});

test('between two scrapes growth is even, so that two targets can be cut at one moment', () => {
  expect(grown([steady], 6, 11)).toBeCloseTo(10, 9);
  expect(grown([steady], 0, 7.5) + grown([steady], 7.5, 15)).toBeCloseTo(30, 9);
});

/** By its definition: every step from one sample to the next, or from the zero before the first, as far as it lies within. */
function defined({ samples }: RawSeries, from: number, to: number, bornAt: number | undefined): number {
  const [first] = samples;
  if (first === undefined) return 0;
  const steps = [...(bornAt === undefined ? [] : [[bornAt, 0] as const]), ...samples];
  return steps.slice(1).reduce((sum, [at, value], index) => {
    const [before, was] = steps[index] ?? [at, value];
    const share = Math.max(0, Math.min(at, to) - Math.max(before, from)) / (at - before);
    return sum + share * (value < was ? value : value - was);
  }, 0);
}

test('whatever a counter does, and wherever it is cut, it grew by what its definition says', () => {
  const steps = fc.array(fc.record({ after: fc.integer({ min: 1, max: 30 }), value: fc.nat({ max: 50 }) }), {
    maxLength: 12,
  });
  const moment = fc.nat({ max: 300 });
  fc.assert(
    fc.property(steps, moment, moment, fc.boolean(), (taken, one, other, isBorn) => {
      let at = 0;
      const counter = series(taken.map(({ after, value }) => [(at += after), value]));
      const [from, to] = [Math.min(one, other) * 1_000, Math.max(one, other) * 1_000];
      const [first = 0] = counter.samples[0] ?? [];
      const reach = { born: new Set(isBorn ? [counter] : []), bornAfter: first - 3_000, scrapeMs };
      const expected = defined(counter, from, to, isBorn ? first - 3_000 : undefined);
      expect(growth([counter], from, to, reach)).toBeCloseTo(expected, 6);
    }),
  );
});

test('the scrape interval is the usual distance, whatever gaps there are', () => {
  expect(
    scrapeIntervalOf([
      steady,
      series([
        [0, 1],
        [5, 1],
        [65, 1],
        [70, 1],
      ]),
    ]),
  ).toBe(5_000);
  expect(scrapeIntervalOf([steady])).toBe(5_000);
  expect(scrapeIntervalOf([series([[0, 1]])])).toBeUndefined();
});

test('what a slower target has not shown yet is not judged; a target that is gone holds nobody up', () => {
  const slower = series([
    [2, 1],
    [7, 1],
    [12, 1],
  ]);
  const over = series([
    [0, 1],
    [1, 1],
  ]);
  expect(seenUntil([steady, slower, over], 16_000, scrapeMs)).toBe(12_000);
  expect(seenUntil([over], 60_000, scrapeMs)).toBeUndefined();
});

test('boundaries are a scrape apart however many targets there are, and the same whoever asks later', () => {
  const slower = series([
    [2, 1],
    [7, 1],
    [12, 1],
  ]);
  const within = { from: 0, scrapeMs };
  expect(boundariesOf([steady, slower], { ...within, until: 12_000 })).toEqual([5_000, 10_000]);
  const first = boundariesOf([steady, slower], { ...within, until: 7_000 });
  const later = boundariesOf([steady, slower], { from: 5_000, scrapeMs, until: 15_000 });
  expect([...first, ...later]).toEqual(boundariesOf([steady, slower], { ...within, until: 15_000 }));
});
