import { describe, expect, it } from 'vitest';
import { createRandom, fixedSeed } from '../../../test/sim/random.ts';
import { binomial } from './draw.ts';
import { type Past, type ReplayInput, replay } from './replay.ts';
import { checkSettings } from './settings.ts';

const random = createRandom(fixedSeed);

/** Hours of a service with 100 requests/s in scrapes of 15 s. */
function pastOf(hours: number, rate: (at: number) => number): Past[] {
  return Array.from({ length: hours * 240 }, (_, index) => {
    const from = index * 15;
    return { from, to: from + 15, counts: { total: 1500, bad: [binomial(1500, rate(from), random.next)] } };
  });
}

const input: ReplayInput = {
  past: pastOf(6, () => 0.001),
  ramp: {
    steps: [0.05, 0.1, 0.25, 0.5],
    stepSeconds: 60,
    budget: { failedRequests: 25, latencySeconds: 35 },
  },
  check: checkSettings('errors', 'balanced'),
  scrapeSeconds: 15,
  limitSeconds: 900,
  releases: 60,
  regressions: [0.01, 0.05, 0.5],
  draw: random.next,
};

describe(`a replay, seed ${fixedSeed}`, () => {
  it('of a quiet service tells few false alarms and what regressions cost', () => {
    const played = replay(input);
    expect(played?.healthy.rolledBack).toBeLessThanOrEqual(0.05);
    expect(played?.falseAlarmsAtMost).toBeGreaterThan(played?.healthy.rolledBack ?? 1);
    const [one, five, fifty] = played?.regressions ?? [];
    expect(one?.rolledBack).toBeGreaterThan(0.5);
    expect(five).toMatchObject({ added: 0.05, rolledBack: 1 });
    expect(fifty).toMatchObject({ added: 0.5, rolledBack: 1 });
    expect(fifty?.failedRequests).toBeLessThan(35);
    expect(fifty?.seconds).toBeLessThan(100);
    expect(fifty?.mostFailedRequests).toBeGreaterThanOrEqual(fifty?.failedRequests ?? 0);
  });

  it('of incidents that hit everybody tells no false alarm either', () => {
    const past = pastOf(6, at => (at % 3600 < 300 ? 0.05 : 0.001));
    expect(replay({ ...input, past, regressions: [] })?.healthy.rolledBack).toBeLessThanOrEqual(0.05);
  });

  it('shows what a threshold would have done instead', () => {
    const threshold = { leastGood: 0.99, windowSeconds: 60, failures: 2 };
    const past = pastOf(6, at => (at % 3600 < 300 ? 0.05 : 0.001));
    const played = replay({ ...input, past, threshold, regressions: [0.5] });
    // A release during an incident of everybody's is blamed.
    expect(played?.healthy.rolledBack).toBeGreaterThan(0.05);
    expect(played?.regressions[0]).toMatchObject({ rolledBack: 1 });
    expect(played?.regressions[0]?.failedRequests).toBeGreaterThan(100);
  });

  it('plays latency at its boundaries', () => {
    const past = Array.from({ length: 480 }, (_, index) => ({
      from: index * 15,
      to: index * 15 + 15,
      counts: { total: 1500, bad: [750, 150, 30] },
    }));
    const check = checkSettings('latency', 'balanced');
    const played = replay({
      ...input,
      past,
      check,
      bounds: [0.1, 0.25, 0.5],
      releases: 20,
      regressions: [0.2],
    });
    expect(played?.healthy.rolledBack).toBeLessThanOrEqual(0.05);
    expect(played?.regressions[0]?.rolledBack).toBe(1);
  });

  it.each([
    ['nothing', []],
    ['less than one release', pastOf(6, () => 0.001).slice(0, 8)],
  ])('of %s is none', (_, past) => {
    expect(replay({ ...input, past })).toBeUndefined();
  });

  it('skips over a gap as a time without requests', () => {
    const past = input.past.filter(({ from }) => from % 7200 < 3600);
    expect(replay({ ...input, past, releases: 20, regressions: [] })?.healthy.rolledBack).toBeLessThanOrEqual(
      0.1,
    );
  });
});
