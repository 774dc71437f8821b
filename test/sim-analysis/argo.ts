/** Argo Rollouts' rules for a background analysis beside timed steps, as in its analysis controller. */
import type { Random } from '../sim/random.ts';
import { ACTUATION, type Outcome } from './outcome.ts';
import { successRate } from './promql.ts';
import { createService, type Scenario } from './service.ts';

/** `interval: 1m`, `initialDelay: 1m`, `successCondition: result[0] >= 0.99`, `failureLimit: 3`; the rest is Argo's default. */
const INTERVAL = 60;
const ERROR_RETRY = 10;
const FAILURE_LIMIT = 3;
const CONSECUTIVE_ERROR_LIMIT = 4;
const LEAST = 0.99;
const WINDOW = 60;
const STEP = 60;
const LAST_WEIGHT = 50;

/** An empty result is an error, 0 / 0 fails the condition; a fourth failure or a fifth error in a row aborts. */
export function runArgo(scenario: Scenario, random: Random): Outcome {
  const service = createService(scenario, random, 0);
  const end = (LAST_WEIGHT / 5) * STEP;
  let failures = 0;
  let errors = 0;
  let measureAt = INTERVAL;
  service.setShare(0.05);
  for (let at = ERROR_RETRY; at <= end; at += ERROR_RETRY) {
    service.advance(at);
    if (at >= measureAt) {
      const value = successRate(service.canary, at, WINDOW);
      errors = value === undefined ? errors + 1 : 0;
      if (value !== undefined && !(value >= LEAST)) failures += 1;
      measureAt = at + (value === undefined ? ERROR_RETRY : INTERVAL);
      if (failures > FAILURE_LIMIT || errors > CONSECUTIVE_ERROR_LIMIT) {
        service.advance(at + ACTUATION);
        return { end: 'rolledBack', seconds: at + ACTUATION, failed: service.failed() };
      }
    }
    service.setShare(Math.min(LAST_WEIGHT, 5 * (1 + Math.floor(at / STEP))) / 100);
  }
  return { end: 'promoted', seconds: end, failed: service.failed() };
}
