/** How the canary's share of the traffic rises, as the operator's runs do it: steps are upper bounds, the impact budget may keep it below. */
import type { Counts } from './bet.ts';
import { allowedWeight } from './budget.ts';
import { weightWithin } from './grain.ts';
import type { Judgement } from './judgement.ts';

export interface Ramp {
  /** Shares of the traffic, 0 to 1, rising; at least one. */
  readonly steps: readonly number[];
  readonly stepSeconds: number;
  readonly budget?: {
    readonly failedRequests: number;
    readonly latencySeconds: number;
    /** What the check accepts, as a share. */
    readonly tolerance?: number;
  };
}

/** Plain JSON. */
export interface Climb {
  /** Index of the step. */
  readonly step: number;
  /** Since when it lasts, in seconds; the last step, since when the canary has the whole share of it. */
  readonly since: number;
  readonly share: number;
}

/** What is known of the traffic. */
export interface Known {
  /** Requests per second of both sides together. */
  readonly requestsPerSecond: number;
  readonly canary: Counts;
  /** The canary's requests as the primary would have served them. */
  readonly expected: Counts;
}

/** The first step. */
export function beginClimb(now: number, ramp: Ramp, known: Known): Climb {
  return ease({ step: 0, since: now, share: 0 }, now, ramp, known);
}

/** Raises the share as far as step and budget allow; it never falls but by a rollback. */
export function ease(climb: Climb, now: number, ramp: Ramp, known: Known): Climb {
  const wanted = ramp.steps[climb.step] ?? 0;
  const share = climb.share < wanted ? Math.min(wanted, mostShare(ramp, known)) : wanted;
  if (share <= climb.share) return climb;
  return { ...climb, share, since: isLast(climb, ramp) ? now : climb.since };
}

/** Where the release goes on: after its time a step is over; the last one only with its whole share, and with a pass. */
export function climbOn(
  climb: Climb,
  now: number,
  { action, outcome }: Pick<Judgement, 'action' | 'outcome'>,
  ramp: Ramp,
): Climb | 'promoted' {
  if (action !== 'advance' || now < climb.since + ramp.stepSeconds) return climb;
  if (!isLast(climb, ramp)) return { ...climb, step: climb.step + 1, since: now };
  const isWhole = climb.share >= (ramp.steps[climb.step] ?? 0);
  return isWhole && outcome === 'pass' ? 'promoted' : climb;
}

function isLast({ step }: Climb, { steps }: Ramp): boolean {
  return step >= steps.length - 1;
}

function mostShare({ budget }: Ramp, { requestsPerSecond, canary, expected }: Known): number {
  if (budget === undefined) return 1;
  return weightWithin(allowedWeight({ ...budget, requestsPerSecond, canary, primary: expected })) / 100;
}
