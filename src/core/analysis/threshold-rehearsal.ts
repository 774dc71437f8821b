/** A release judged by a plain threshold on the success rate, played through with given counts: what Flagger's checks do. */
import type { Ramp } from './ramp.ts';
import type { Rehearsal, Traffic } from './rehearsal.ts';

export interface ThresholdRule {
  /** The least share of good requests that passes. */
  readonly leastGood: number;
  /** How far back each check looks. */
  readonly windowSeconds: number;
  /** So many failed checks take the release back. */
  readonly failures: number;
}

export interface RehearsedThreshold {
  readonly ramp: Ramp;
  readonly rule: ThresholdRule;
  readonly scrapeSeconds: number;
  readonly limitSeconds: number;
  /** As for a release judged by evidence. */
  readonly traffic: (from: number, to: number, share: number) => Traffic | undefined;
}

/** One check per step. A failed one is asked again after the step's time, at the same share; one without requests too, and counts for nothing. */
export function rehearseThreshold(rehearsed: RehearsedThreshold): Rehearsal {
  const { ramp, rule, scrapeSeconds, limitSeconds } = rehearsed;
  const steps = ramp.steps.map(() => ({ seconds: 0, requests: 0 }));
  const seen: { to: number; total: number; bad: number }[] = [];
  let step = 0;
  let failures = 0;
  let now = 0;
  let failedRequests = 0;
  while (now < limitSeconds) {
    const due = now + ramp.stepSeconds;
    while (now < due) {
      const until = Math.min(now + scrapeSeconds, due);
      const canary = rehearsed.traffic(now, until, ramp.steps[step] ?? 0)?.canary;
      if (canary === undefined) return { end: 'held', seconds: now, failedRequests, steps };
      const [bad = 0] = canary.bad;
      seen.push({ to: until, total: canary.total, bad });
      failedRequests += bad;
      const current = steps[step];
      if (current !== undefined) {
        current.seconds += until - now;
        current.requests += canary.total;
      }
      now = until;
    }
    const window = seen.filter(({ to }) => to > now - rule.windowSeconds);
    const total = window.reduce((sum, each) => sum + each.total, 0);
    const bad = window.reduce((sum, each) => sum + each.bad, 0);
    if (total === 0) continue;
    if (1 - bad / total < rule.leastGood) {
      failures += 1;
      if (failures >= rule.failures) return { end: 'rolledBack', seconds: now, failedRequests, steps };
    } else {
      step += 1;
      if (step >= ramp.steps.length) return { end: 'promoted', seconds: now, failedRequests, steps };
    }
  }
  return { end: 'held', seconds: now, failedRequests, steps };
}
