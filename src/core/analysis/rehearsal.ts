/** A release played through with given counts instead of real traffic: the same judge and the same ramp as live, in a loop. */
import type { Arm } from './batch.ts';
import { startCheck } from './check.ts';
import { assess, judgeBatch } from './judgement.ts';
import { beginClimb, climbOn, ease, type Known, type Ramp } from './ramp.ts';
import type { CheckSettings } from './settings.ts';

export interface Traffic {
  readonly canary: Arm;
  readonly primary: Arm;
}

export interface Rehearsed {
  readonly ramp: Ramp;
  readonly check: CheckSettings;
  readonly scrapeSeconds: number;
  /** From a scrape until the traffic is taken back by what it showed. */
  readonly delaySeconds: number;
  /** When to stop, in seconds. */
  readonly limitSeconds: number;
  /** The primary's scrapes before. */
  readonly history: readonly Arm[];
  readonly bounds?: readonly number[];
  /** The requests between two moments (seconds since the canary was opened) at a share; undefined where nothing more is known. */
  readonly traffic: (from: number, to: number, share: number) => Traffic | undefined;
}

export interface Rehearsal {
  readonly end: 'promoted' | 'rolledBack' | 'held';
  /** Until the promotion, until the traffic is taken back, or until the end. */
  readonly seconds: number;
  /** Bad requests of the canary until then; of a latency check, at its first boundary. */
  readonly failedRequests: number;
  /** Per step: how long, and how many requests the canary got. */
  readonly steps: readonly { readonly seconds: number; readonly requests: number }[];
}

/** Weights change and verdicts fall right after scrapes. */
export function rehearse(rehearsed: Rehearsed): Rehearsal {
  const { ramp, check, scrapeSeconds, limitSeconds, history } = rehearsed;
  const steps = ramp.steps.map(() => ({ seconds: 0, requests: 0 }));
  let judgement = assess(startCheck(history, 0, check, rehearsed.bounds), check);
  let requestsPerSecond = meanTotal(history) / scrapeSeconds;
  let climb = beginClimb(0, ramp, known());
  let now = 0;
  let scraped = 0;
  let failedRequests = 0;
  let pending: Traffic | undefined;

  function known(): Known {
    return { requestsPerSecond, canary: judgement.canary, expected: judgement.expected };
  }

  while (now < limitSeconds) {
    const { share } = climb;
    const stepEnd = climb.since + ramp.stepSeconds;
    const until = Math.min(scraped + scrapeSeconds, stepEnd > now ? stepEnd : limitSeconds, limitSeconds);
    const traffic = rehearsed.traffic(now, until, share);
    if (traffic === undefined) break;
    const step = steps[climb.step];
    if (step !== undefined) {
      step.seconds += until - now;
      step.requests += traffic.canary.total;
    }
    failedRequests += traffic.canary.bad[0] ?? 0;
    pending = pending === undefined ? traffic : plus(pending, traffic);
    now = until;
    if (now >= scraped + scrapeSeconds) {
      judgement = judgeBatch(judgement.state, { from: scraped * 1000, to: now * 1000, ...pending }, check);
      requestsPerSecond = (pending.canary.total + pending.primary.total) / (now - scraped);
      pending = undefined;
      scraped = now;
    }
    if (judgement.action === 'rollback') {
      const until = now + rehearsed.delaySeconds;
      failedRequests += rehearsed.traffic(now, until, share)?.canary.bad[0] ?? 0;
      return { end: 'rolledBack', seconds: until, failedRequests, steps };
    }
    const next = climbOn(climb, now, judgement, ramp);
    if (next === 'promoted') return { end: 'promoted', seconds: now, failedRequests, steps };
    climb = judgement.action === 'advance' ? ease(next, now, ramp, known()) : next;
  }
  return { end: 'held', seconds: now, failedRequests, steps };
}

function meanTotal(history: readonly Arm[]): number {
  return history.reduce((sum, { total }) => sum + total, 0) / Math.max(1, history.length);
}

function plus(a: Traffic, b: Traffic): Traffic {
  return { canary: plusArm(a.canary, b.canary), primary: plusArm(a.primary, b.primary) };
}

function plusArm(a: Arm, b: Arm): Arm {
  return { total: a.total + b.total, bad: a.bad.map((bad, index) => bad + (b.bad[index] ?? 0)) };
}
