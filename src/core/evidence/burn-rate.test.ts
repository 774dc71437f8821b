import { expect, test } from 'vitest';
import { judgeBurnRate } from './burn-rate.ts';
import type { CheckEvidence } from './check-evidence.ts';
import type { RawSeries } from './series.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const burn = { name: 'slo', kind: 'burnRate', slo: 0.99, windowMs: minute, max: 2 } as const;
const both = { ...burn, longWindowMs: hour };

/** Counters of both sides, 50 requests a second each, scraped every five seconds after `from`; `share` of them fail. */
function scraped(from: number, until: number, share: (at: number) => number) {
  const counter = (name: string, each: (at: number) => number): RawSeries => {
    const samples: [number, number][] = [];
    let value = 1_000;
    for (let at = 0; at <= until; at += second) {
      value += each(at);
      if (at % (5 * second) === 0 && at > from) samples.push([at, value]);
    }
    return { labels: { name }, samples };
  };
  const side = (name: string) => ({
    total: [counter(name, () => 50)],
    bad: [counter(`${name} bad`, at => 50 * share(at))],
  });
  const selectors = { canary: 'canary', primary: 'primary' };
  return { kind: 'counters', canary: side('canary'), primary: side('primary'), selectors } as const;
}

function at(until: number) {
  return { now: until + second, analysedFrom: 0 };
}

test('a burning error budget holds, until it burns at less than half of the limit', () => {
  const until = 4 * minute;
  const judge = (share: number, stored?: string) =>
    judgeBurnRate(
      burn,
      stored,
      scraped(0, until, () => share),
      at(until),
    );
  const holds = judge(0.05);
  expect(holds).toMatchObject({ outcome: 'inconclusive', action: 'hold', sharedIncident: true });
  expect(holds.message).toBe(
    'slo: 5 % of 6,000 requests failed on both sides in 1m, the error budget burns 5 times as fast as allowed (limit 2).',
  );
  expect(judge(0.015)).toMatchObject({ action: 'advance', outcome: 'pass' });
  expect(judge(0.015, holds.state)).toMatchObject({ action: 'hold' });
  expect(judge(0.005, holds.state)).toMatchObject({ action: 'advance' });
});

/** The check asked every minute from an hour on, with no more samples each time than it asks for. */
function told(until: number, share: (at: number) => number): CheckEvidence[] {
  const answers: CheckEvidence[] = [];
  for (let end = hour; end <= until; end += minute) {
    const last = answers.at(-1)?.state;
    const from = last === undefined ? 0 : end - 2 * minute;
    answers.push(judgeBurnRate(both, last, scraped(from, end, share), at(end)));
  }
  return answers;
}

test('with a long window too, a peak does not hold, what lasts does, and the end shows in the short one', () => {
  const begins = hour + 5 * minute;
  const peak = told(begins + 10 * minute, at => (at > begins && at < begins + 2 * minute ? 0.1 : 0.001));
  expect(peak.map(({ action }) => action)).not.toContain('hold');
  const incident = told(begins + 40 * minute, at => (at > begins && at < begins + 25 * minute ? 0.1 : 0.001));
  const held = incident.flatMap(({ action }, index) =>
    action === 'hold' ? [hour + index * minute - begins] : [],
  );
  // A tenth fails: after twelve minutes of the hour two in a hundred have; the window is told by its twelfths.
  expect(held[0]).toBeGreaterThanOrEqual(11 * minute);
  expect(held[0]).toBeLessThanOrEqual(14 * minute);
  expect(held.at(-1)).toBe(25 * minute);
});

test('what is kept of the long window agrees with reading all of it, and is small', () => {
  const end = hour + 30 * minute;
  const share = (at: number) => (at > hour ? 0.03 : 0.001);
  const steps = told(end, share).at(-1);
  const whole = judgeBurnRate(both, undefined, scraped(0, end, share), at(end));
  expect(steps?.message).toContain(', over 1h 1.5');
  expect(whole.message).toContain(', over 1h 1.5');
  expect(steps?.state?.length).toBeLessThan(400);
});

test('a window that no two scrapes fit into is told', () => {
  const short = { ...burn, windowMs: 9 * second };
  expect(
    judgeBurnRate(
      short,
      undefined,
      scraped(0, minute, () => 0),
      at(minute),
    ),
  ).toMatchObject({
    action: 'hold',
    message:
      'slo: its window of 9s is shorter than two scrapes, of which one comes every 5s; lengthen burnRate.window.',
  });
});

test.each(['', '{"at":1}', '{"at":1,"holding":true,"parts":[1]}', '{"at":9e15,"holding":false,"parts":[]}'])(
  'a stored state that is none (%j) begins anew',
  stored => {
    const seen = judgeBurnRate(
      both,
      stored,
      scraped(0, hour, () => 0.05),
      at(hour),
    );
    expect(seen).toMatchObject({ action: 'hold', message: expect.stringContaining('over 1h 5 times') });
  },
);
