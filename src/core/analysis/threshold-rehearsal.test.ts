import { describe, expect, it } from 'vitest';
import { rehearseThreshold } from './threshold-rehearsal.ts';

const rule = { leastGood: 0.99, windowSeconds: 60, failures: 2 };
const base = {
  ramp: { steps: [0.1, 0.5], stepSeconds: 30 },
  rule,
  scrapeSeconds: 10,
  limitSeconds: 600,
};

/** 100 requests/s, of which the canary fails this share. */
function traffic(rate: number, requestsPerSecond = 100) {
  return (from: number, to: number, share: number) => {
    const total = (to - from) * requestsPerSecond;
    const canary = { total: total * share, bad: [total * share * rate] };
    return { canary, primary: { total: total * (1 - share), bad: [0] } };
  };
}

describe('a release judged by a threshold', () => {
  it('is promoted after its steps where every check passes', () => {
    expect(rehearseThreshold({ ...base, traffic: traffic(0.005) })).toEqual({
      end: 'promoted',
      seconds: 60,
      failedRequests: 300 * 0.005 + 1500 * 0.005,
      steps: [
        { seconds: 30, requests: 300 },
        { seconds: 30, requests: 1500 },
      ],
    });
  });

  it('is taken back at the check that makes the failures full, at the share that it had', () => {
    expect(rehearseThreshold({ ...base, traffic: traffic(0.05) })).toMatchObject({
      end: 'rolledBack',
      seconds: 60,
      failedRequests: 2 * 300 * 0.05,
    });
  });

  it('does not find what lies below its limit, however bad it is beside the primary', () => {
    expect(rehearseThreshold({ ...base, traffic: traffic(0.009) })).toMatchObject({ end: 'promoted' });
  });

  it('holds where there is nothing to judge by, and where the past ends', () => {
    expect(rehearseThreshold({ ...base, traffic: traffic(0.5, 0) })).toMatchObject({
      end: 'held',
      seconds: 600,
    });
    const short = (from: number, to: number, share: number) =>
      to > 40 ? undefined : traffic(0)(from, to, share);
    expect(rehearseThreshold({ ...base, traffic: short })).toMatchObject({ end: 'held', seconds: 40 });
  });
});
