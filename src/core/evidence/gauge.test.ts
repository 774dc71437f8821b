import { expect, test } from 'vitest';
import { createRandom } from '../../../test/sim/random.ts';
import type { CheckEvidence } from './check-evidence.ts';
import { judgeGauges } from './gauge.ts';
import type { EvidenceCheck } from './plan.ts';
import type { Gauges } from './scraped.ts';
import type { RawSeries } from './series.ts';

const second = 1_000;
const minute = 60 * second;
const begin = 600 * second;
type GaugeCheck = Extract<EvidenceCheck, { readonly kind: 'gauge' }>;
const settings = { alpha: 0.02, tolerance: 0, worse: 'higher', onFail: 'rollback' } as const;
const check: GaugeCheck = {
  name: 'memory',
  kind: 'gauge',
  settings,
  percent: 10,
  everyMs: 30 * second,
  warmUpMs: 30 * second,
};
const selectors = { canary: 'memory{side="canary"}', primary: 'memory{side="primary"}' };

/** Two pods of either side, scraped every five seconds, about the value of their side. */
function scraped(until: number, value: (side: string, at: number) => number): Gauges {
  const side = (name: string): RawSeries[] =>
    ['a', 'b'].map(pod => {
      const random = createRandom(`${name}-${pod}`.length + pod.charCodeAt(0));
      const samples: [number, number][] = [];
      for (let at = 0; at <= until; at += 5 * second) {
        const noise = (random.next() - 0.5) * 4;
        if (name === 'primary' || at > begin) samples.push([at, value(name, at) + noise]);
      }
      return { labels: { pod: `${name}-${pod}`, job: 'app' }, samples };
    });
  return { kind: 'gauges', canary: side('canary'), primary: side('primary'), selectors };
}

function judge(
  until: number,
  canary: number,
  own: Partial<GaugeCheck> = {},
  stored?: string,
  primary = 100,
): CheckEvidence {
  const data = scraped(until, side => (side === 'canary' ? canary : primary));
  return judgeGauges({ ...check, ...own }, stored, data, { now: until + second, analysedFrom: begin });
}

const late = begin + 21 * minute;

test.each<[string, number, Partial<GaugeCheck>, string, string]>([
  ['the same', 100, {}, 'pass', 'advance'],
  ['more, within the tolerance', 107, {}, 'pass', 'advance'],
  ['at the tolerance', 110, {}, 'inconclusive', 'advance'],
  ['beyond it', 116, {}, 'fail', 'rollback'],
  [
    'beyond percent, within the difference',
    116,
    { settings: { ...settings, tolerance: 9 } },
    'pass',
    'advance',
  ],
  ['beyond, where a hold is asked for', 116, { settings: { ...settings, onFail: 'hold' } }, 'fail', 'hold'],
  ['less where less is worse', 84, { settings: { ...settings, worse: 'lower' } }, 'fail', 'rollback'],
  ['more where less is worse', 120, { settings: { ...settings, worse: 'lower' } }, 'pass', 'advance'],
])('%s: %s', (_, canary, own, outcome, action) => {
  expect(judge(late, canary, own)).toMatchObject({ outcome, action });
});

test('below zero a percentage is one of the distance from zero', () => {
  expect(judge(late, -95, {}, undefined, -100)).toMatchObject({ outcome: 'pass' });
  expect(judge(late, -80, {}, undefined, -100)).toMatchObject({ outcome: 'fail' });
});

test('a verdict takes twenty measurements after the warm-up, however far apart the sides are', () => {
  expect(judge(begin + 20 * second, 500)).toMatchObject({ outcome: 'inconclusive', action: 'advance' });
  const early = judge(begin + 30 * second + 19 * 30 * second, 500);
  expect(early).toMatchObject({ outcome: 'inconclusive', action: 'advance' });
  expect(early.message).toMatch(
    /^memory: canary [\d.]+, primary [\d.]+ a pod in the last 30s; 19 of 20 measurements taken, accepted is at most 10 % above the primary\.$/u,
  );
  const decided = judge(begin + 30 * second + 20 * 30 * second, 500);
  expect(decided).toMatchObject({ outcome: 'fail', limit: 'at most 10 % above the primary' });
  expect(decided.message).toMatch(
    /; worse than what is accepted \(.+\), by 3\d\d\S* to 39\d\S* on average of 20 measurements\.$/u,
  );
});

test('scrape by scrape or all at once, with the state in status or lost before its commit: the same', () => {
  let state: string | undefined;
  for (let at = begin + 5 * second; at <= late; at += 5 * second)
    state = judge(at, 105, {}, state).state ?? state;
  const { state: whole } = judge(late, 105);
  expect(state).toBe(whole);
  expect(state?.length).toBeLessThan(200);
});

test('a time without samples is left out, and more pods than before make no difference', () => {
  const data = scraped(late, side => (side === 'canary' ? 105 : 100));
  const gap = (series: RawSeries): RawSeries => ({
    ...series,
    samples: series.samples.filter(([at]) => at < begin + 5 * minute || at > begin + 8 * minute),
  });
  const gapped = { ...data, canary: data.canary.map(gap) };
  const judged = judgeGauges(check, undefined, gapped, { now: late + second, analysedFrom: begin });
  expect(judged.outcome).toBe('pass');
  expect(JSON.parse(judged.state ?? '')).toMatchObject({ pairs: 35 });
});

test('what is missing, ambiguous or too short is named', () => {
  const data = scraped(late, () => 100);
  const at = { now: late + second, analysedFrom: begin };
  expect(judgeGauges(check, undefined, { ...data, canary: [] }, at)).toMatchObject({
    outcome: 'noData',
    action: 'hold',
    message: 'memory: no series matches memory{side="canary"}.',
  });
  const twice = data.canary.flatMap(series => [
    series,
    { ...series, labels: { ...series.labels, container: 'sidecar' } },
  ]);
  expect(judgeGauges(check, undefined, { ...data, canary: twice }, at)).toMatchObject({
    outcome: 'inconclusive',
    action: 'hold',
    message:
      'memory: the pod canary-a has 2 series that differ in container; add labels to the selector until one is left.',
  });
  expect(judge(late, 100, { everyMs: 4 * second })).toMatchObject({
    action: 'hold',
    message: expect.stringContaining('gauge.every of 4s is shorter than a scrape'),
  });
});
