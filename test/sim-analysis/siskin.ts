/** A release by Siskin: the engine of `src/core/analysis`, driven as the operator drives it, with both sides scraped at moments of their own. */
import type { Arm } from '../../src/core/analysis/batch.ts';
import { startCheck } from '../../src/core/analysis/check.ts';
import { assess, judgeBatch } from '../../src/core/analysis/judgement.ts';
import { beginClimb, climbOn, ease, type Known, type Ramp } from '../../src/core/analysis/ramp.ts';
import type { CheckSettings } from '../../src/core/analysis/settings.ts';
import type { Random } from '../sim/random.ts';
import { ACTUATION, type Outcome, TIME_LIMIT } from './outcome.ts';
import { createService, type Sample, type Scenario, type Service } from './service.ts';

export interface SiskinSettings {
  readonly check: CheckSettings;
  /** Failed requests that the release may cost; absent for the fixed schedule. */
  readonly budget?: { readonly failedRequests: number };
}

const HISTORY = 3600;
const STEP = 60;
const STEPS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5];
/** The operator asks Prometheus this long after a sample is due. */
const POLL_DELAY = 1;
const EVALUATION = 5;
/** Parts of a scrape interval: two batches shall not come out of one pair of scrapes; the first may be short, since it begins with the canary. */
const FIRST_BATCH = 0.3;
const FULL_BATCH = 0.9;
/** The rate of requests is that of this many batches. */
const RATE_BATCHES = 4;

export function runSiskin(scenario: Scenario, random: Random, { check, budget }: SiskinSettings): Outcome {
  const service = createService(scenario, random, HISTORY);
  service.advance(0);
  const history = service.primary.map((sample, index) => armBetween(service.primary[index - 1], sample));
  const state = startCheck(history, 0, check);
  let judgement = assess(state, check);
  let boundary = 0;
  let polled = 0;
  let recent = history.slice(-RATE_BATCHES).map(({ total }) => total / service.scrape);
  const ramp: Ramp = {
    steps: STEPS,
    stepSeconds: STEP,
    ...(budget === undefined
      ? {}
      : {
          budget: { ...budget, latencySeconds: 2 * service.scrape + EVALUATION, tolerance: check.tolerance },
        }),
  };
  let climb = beginClimb(0, ramp, known());

  function known(): Known {
    const requestsPerSecond = recent.reduce((sum, rate) => sum + rate, 0) / recent.length;
    return { requestsPerSecond, canary: judgement.canary, expected: judgement.expected };
  }

  function poll(): void {
    polled = service.now();
    const next = Math.min(service.canary.at(-1)?.at ?? 0, service.primary.at(-1)?.at ?? 0);
    if (next - boundary < (boundary === 0 ? FIRST_BATCH : FULL_BATCH) * service.scrape) return;
    const canary = armBetween(
      boundary === 0 ? undefined : readingAt(service.canary, boundary),
      readingAt(service.canary, next),
    );
    const primary = armBetween(readingAt(service.primary, boundary), readingAt(service.primary, next));
    judgement = judgeBatch(
      judgement.state,
      { from: boundary * 1000, to: next * 1000, canary, primary },
      check,
    );
    recent = [...recent, (canary.total + primary.total) / (next - boundary)].slice(-RATE_BATCHES);
    boundary = next;
  }

  service.setShare(climb.share);
  while (service.now() < TIME_LIMIT) {
    const stepEnd = climb.since + STEP;
    service.advance(Math.min(nextPoll(service, polled), stepEnd > service.now() ? stepEnd : TIME_LIMIT));
    poll();
    if (judgement.action === 'rollback') {
      service.advance(service.now() + ACTUATION);
      return { end: 'rolledBack', seconds: service.now(), failed: service.failed() };
    }
    const next = climbOn(climb, service.now(), judgement, ramp);
    if (next === 'promoted') return { end: 'promoted', seconds: service.now(), failed: service.failed() };
    climb = judgement.action === 'advance' ? ease(next, service.now(), ramp, known()) : next;
    service.setShare(climb.share);
  }
  return { end: 'held', seconds: service.now(), failed: service.failed() };
}

/** Right after the next sample of either side. */
function nextPoll({ canary, primary, scrape }: Service, polled: number): number {
  const due = [canary, primary].map(samples => {
    const last = samples.at(-1)?.at ?? 0;
    return last + POLL_DELAY > polled ? last + POLL_DELAY : last + scrape + POLL_DELAY;
  });
  return Math.min(...due);
}

function armBetween(before: Sample | undefined, after: Sample): Arm {
  const [good, bad] = [after.good - (before?.good ?? 0), after.bad - (before?.bad ?? 0)];
  return { total: good + bad, bad: [bad] };
}

/** The counters at any moment, by a straight line between the samples around it. */
function readingAt(samples: readonly Sample[], at: number): Sample {
  let later = samples.length - 1;
  while (later > 0 && (samples[later - 1]?.at ?? 0) >= at) later -= 1;
  const after = samples[later] ?? { at, good: 0, bad: 0 };
  const before = samples[later - 1] ?? after;
  const part = after.at > before.at ? (at - before.at) / (after.at - before.at) : 1;
  return {
    at,
    good: before.good + part * (after.good - before.good),
    bad: before.bad + part * (after.bad - before.bad),
  };
}
