import { describe, expect, it } from 'vitest';
import { planRelease, type ReleaseInput } from './release-plan.ts';
import { checkSettings } from './settings.ts';

const input: ReleaseInput = {
  ramp: { steps: [0.05, 0.1, 0.25, 0.5], stepSeconds: 60 },
  check: checkSettings('errors', 'balanced'),
  requestsPerSecond: 100,
  primaryRates: [0.001],
  scrapeSeconds: 15,
  undecidedSeconds: 600,
};

describe('the plan of a release', () => {
  it('tells steps and times', () => {
    const plan = planRelease(input);
    expect(plan).toMatchObject({
      shortestSeconds: 240,
      expectedSeconds: 240,
      longestSeconds: 840,
      isDecidable: true,
    });
    expect(plan.steps.map(({ share, seconds, requests }) => [share, seconds, Math.round(requests)])).toEqual([
      [0.05, 60, 300],
      [0.1, 60, 600],
      [0.25, 60, 1500],
      [0.5, 60, 3000],
    ]);
  });

  it('tells the smallest regression that is noticed', () => {
    const { smallestRegression = 1 } = planRelease(input);
    expect(smallestRegression).toBeGreaterThan(0.003);
    expect(smallestRegression).toBeLessThan(0.01);
    const { smallestRegression: atNight = 1 } = planRelease({ ...input, requestsPerSecond: 5 });
    expect(atNight).toBeGreaterThan(2 * smallestRegression);
  });

  it('notices less with a careful preset', () => {
    const careful = { ...input, check: checkSettings('errors', 'conservative') };
    expect(planRelease(careful).smallestRegression).toBeGreaterThan(
      planRelease(input).smallestRegression ?? 1,
    );
  });

  it('reckons with the impact budget', () => {
    const budget = { failedRequests: 25, latencySeconds: 35 };
    const ramp = { ...input.ramp, budget };
    const plan = planRelease({ ...input, requestsPerSecond: 1000, ramp });
    expect(plan).toMatchObject({ shortestSeconds: 240, isDecidable: true });
    expect(plan.steps[0]?.requests).toBeLessThan(0.8 * 60 * 50);
    const noisy = planRelease({ ...input, requestsPerSecond: 1000, ramp, primaryRates: [0.02] });
    expect(noisy.expectedSeconds).toBeGreaterThan(260);
    expect(noisy.expectedSeconds).toBeLessThan(1000);
  });

  it('says where too few requests come for a verdict', () => {
    const idle = planRelease({ ...input, requestsPerSecond: 0.01 });
    expect(idle).toMatchObject({ isDecidable: false });
    expect(idle).not.toHaveProperty('smallestRegression');
    const silent = planRelease({ ...input, requestsPerSecond: 0 });
    expect(silent).toMatchObject({ isDecidable: false });
  });

  it('knows latency too', () => {
    const check = checkSettings('latency', 'balanced');
    const { smallestRegression = 1 } = planRelease({ ...input, check, primaryRates: [0.5] });
    expect(smallestRegression).toBeGreaterThan(0.52);
    expect(smallestRegression).toBeLessThan(0.62);
  });
});
