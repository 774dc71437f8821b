/** How the canary's share of the traffic rises: the steps are upper bounds, the impact budget may keep it below them. */
import type { Counts } from './bet.ts';
import { allowedWeight } from './budget.ts';
import type { Judgement } from './judgement.ts';

export interface Ramp {
  /** Shares of the traffic, 0 to 1, rising; at least one. */
  readonly steps: readonly number[];
  /** How long each step lasts once its share is reached. */
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
  /** Since when its share is reached, in seconds; absent while the budget keeps the canary below. */
  readonly reachedAt?: number;
}

/** What is known of the traffic. */
export interface Known {
  /** Requests per second of both sides together. */
  readonly requestsPerSecond: number;
  readonly canary: Counts;
  /** The canary's requests as the primary would have served them. */
  readonly expected: Counts;
}

/** A route cannot give less than this. */
const LEAST_SHARE = 0.0005;

/** The share that the canary may have now. */
export function shareAt({ step }: Climb, ramp: Ramp, known: Known): number {
  const wanted = ramp.steps[Math.min(step, ramp.steps.length - 1)] ?? 0;
  if (ramp.budget === undefined) return wanted;
  return Math.min(
    wanted,
    Math.max(LEAST_SHARE, allowedWeight({ ...ramp.budget, ...known, primary: known.expected })),
  );
}

/** Notes that the step's share is reached, when it is. */
export function reach(climb: Climb, share: number, now: number, ramp: Ramp): Climb {
  const isReached = share >= (ramp.steps[climb.step] ?? 0);
  return isReached && climb.reachedAt === undefined ? { ...climb, reachedAt: now } : climb;
}

/** Where the release goes on: `promoted` after the last step, with a pass; otherwise the same or the next step. */
export function climbOn(
  climb: Climb,
  now: number,
  { action, outcome }: Pick<Judgement, 'action' | 'outcome'>,
  ramp: Ramp,
): Climb | 'promoted' {
  const isOver = climb.reachedAt !== undefined && now >= climb.reachedAt + ramp.stepSeconds;
  if (!isOver || action !== 'advance') return climb;
  if (climb.step < ramp.steps.length - 1) return { step: climb.step + 1 };
  return outcome === 'pass' ? 'promoted' : climb;
}
