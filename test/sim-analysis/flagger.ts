/** Flagger's rules, as in its scheduler: one look per interval, one value without a sample size, failures counted over the whole run. */
import type { Random } from '../sim/random.ts';
import { ACTUATION, type Outcome, TIME_LIMIT } from './outcome.ts';
import { successRate } from './promql.ts';
import { createService, type Scenario } from './service.ts';

export interface FlaggerSettings {
  /** Seconds. */
  readonly interval: number;
  readonly stepWeight: number;
  readonly maxWeight: number;
  readonly threshold: number;
  /** `request-success-rate` at least, as a share. */
  readonly least: number;
}

export const flaggerDefaults: FlaggerSettings = {
  interval: 60,
  stepWeight: 5,
  maxWeight: 50,
  threshold: 5,
  least: 0.99,
};

export const flaggerTuned: FlaggerSettings = { ...flaggerDefaults, interval: 10, stepWeight: 1 };

const WINDOW = 60;

/** The first tick opens the canary unjudged; a tick at the threshold of failures rolls back, one tick after the failure that reached it. */
export function runFlagger(scenario: Scenario, random: Random, settings: FlaggerSettings): Outcome {
  const { interval, stepWeight, maxWeight, threshold, least } = settings;
  const service = createService(scenario, random, 0);
  let weight = stepWeight;
  let failures = 0;
  service.setShare(weight / 100);
  for (let tick = interval; tick <= TIME_LIMIT; tick += interval) {
    service.advance(tick);
    if (failures >= threshold) {
      service.advance(tick + ACTUATION);
      return { end: 'rolledBack', seconds: tick + ACTUATION, failed: service.failed() };
    }
    const value = successRate(service.canary, tick, WINDOW);
    if (value === undefined || !(value >= least)) failures += 1;
    else if (weight >= maxWeight) return { end: 'promoted', seconds: tick, failed: service.failed() };
    else weight = Math.min(maxWeight, weight + stepWeight);
    service.setShare(weight / 100);
  }
  return { end: 'held', seconds: TIME_LIMIT, failed: service.failed() };
}
