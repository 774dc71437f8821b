import { describe, expect, it } from 'vitest';
import { type Rehearsed, rehearse } from './rehearsal.ts';
import { checkSettings } from './settings.ts';

const base: Omit<Rehearsed, 'traffic'> = {
  ramp: { steps: [0.1, 0.5], stepSeconds: 60 },
  check: checkSettings('errors', 'balanced'),
  scrapeSeconds: 15,
  delaySeconds: 5,
  limitSeconds: 1000,
  history: Array.from({ length: 40 }, () => ({ total: 1500, bad: [1.5] })),
};

/** 100 requests/s of which the primary fails 0.1 %. */
function traffic(canaryRate: (at: number) => number): Rehearsed['traffic'] {
  return (from, to, share) => {
    const total = (to - from) * 100;
    return {
      canary: { total: total * share, bad: [total * share * canaryRate(from)] },
      primary: { total: total * (1 - share), bad: [total * (1 - share) * 0.001] },
    };
  };
}

describe('a rehearsal', () => {
  it('of a good release takes its steps', () => {
    expect(rehearse({ ...base, traffic: traffic(() => 0.001) })).toEqual({
      end: 'promoted',
      seconds: 120,
      failedRequests: expect.closeTo(3.6, 6),
      steps: [
        { seconds: 60, requests: expect.closeTo(600, 6) },
        { seconds: 60, requests: expect.closeTo(3000, 6) },
      ],
    });
  });

  it('of a bad one ends two scrapes and a delay after its first request', () => {
    const played = rehearse({ ...base, traffic: traffic(() => 0.5) });
    expect(played).toMatchObject({ end: 'rolledBack', seconds: 35 });
    expect(played.failedRequests).toBeCloseTo(35 * 5, 6);
  });

  it('of one that turns bad ends soon after', () => {
    const played = rehearse({ ...base, traffic: traffic(at => (at < 70 ? 0.001 : 0.5)) });
    expect(played.end).toBe('rolledBack');
    expect(played.seconds).toBeLessThanOrEqual(110);
  });

  it('with steps shorter than a scrape still judges every scrape once', () => {
    const ramp = { steps: [0.1, 0.2, 0.5], stepSeconds: 10 };
    expect(rehearse({ ...base, ramp, traffic: traffic(() => 0.5) })).toMatchObject({
      end: 'rolledBack',
      seconds: 35,
    });
  });

  it('without enough requests is held until the limit', () => {
    const check = { ...base.check, minRequests: 1_000_000 };
    expect(rehearse({ ...base, check, traffic: traffic(() => 0.001) })).toMatchObject({
      end: 'held',
      seconds: 1000,
    });
  });

  it('is held where the data ends', () => {
    const known = traffic(() => 0.001);
    const short: Rehearsed['traffic'] = (from, to, share) => (to > 50 ? undefined : known(from, to, share));
    expect(rehearse({ ...base, traffic: short })).toMatchObject({ end: 'held', seconds: 45 });
  });
});
