/** Faults: what can go wrong between an operator and the world, decided for each effect by a plan. */
import { ApiError, TransientError } from '../../src/runtime/errors.ts';
import type { Random } from './random.ts';

export interface Effect {
  readonly operator: string;
  /** For people: `patch canaries/podinfo`. */
  readonly what: string;
  /** Reads have no effect of their own; they can fail, but a crash beside one tells nothing new. */
  readonly mutates: boolean;
  readonly remote: boolean;
}

/** `lose`: it happened, and the answer never came. */
export type Strike =
  | { readonly kind: 'crash-before' | 'crash-after' }
  | { readonly kind: 'refuse' | 'lose'; readonly error: Error };

export interface Delivery {
  readonly delayMs: number;
  /** Never comes; the cache lists again later, as a reflector does when its watch ends. */
  readonly dropped?: boolean;
  readonly repeated?: boolean;
}

export interface FaultPlan {
  /** `n` counts the run's effects from 1; it is 0 for a read. */
  strike(effect: Effect, n: number): Strike | undefined;
  /** Milliseconds before an effect happens and before its answer is there. */
  latency(effect: Effect): readonly [number, number];
  delivery(operator: string): Delivery;
  /** How far a cache may lie behind, and a request may take: what the oracle grants. */
  readonly slackMs: number;
  /** The longest from the answer of one request to the effect of the next. */
  readonly requestMs: number;
}

export const noFaults: FaultPlan = {
  strike: () => undefined,
  latency: () => [0, 0],
  delivery: () => ({ delayMs: 1 }),
  slackMs: 10,
  requestMs: 0,
};

/** Crashes once, at the n-th effect of the run. */
export function crashAt(n: number, kind: 'crash-before' | 'crash-after'): FaultPlan {
  return { ...noFaults, strike: (_effect, count) => (count === n ? { kind } : undefined) };
}

/** The answer to the n-th effect is lost, or the effect is refused once. */
export function failAt(n: number, kind: 'lose' | 'refuse', error: () => Error): FaultPlan {
  return { ...noFaults, strike: (_effect, count) => (count === n ? { kind, error: error() } : undefined) };
}

const errors: readonly (() => Error)[] = [
  () => new ApiError('the object has been modified', { status: 409, reason: 'Conflict' }),
  () => new ApiError('too many requests', { status: 429, reason: 'TooManyRequests', retryAfterMs: 2_000 }),
  () => new ApiError('internal error', { status: 500, reason: 'InternalError' }),
  () => new TransientError('connection reset'),
];

const mostLatencyMs = 40;

/** Everything at once while `active` says so: latencies, stale caches, refusals, lost answers, crashes. */
export function storm(
  random: Random,
  active: () => boolean,
  odds: { readonly error: number; readonly crash: number; readonly drop: number; readonly lagMs: number },
): FaultPlan {
  return {
    slackMs: odds.lagMs + 30_000,
    requestMs: 2 * mostLatencyMs,
    strike(effect) {
      if (!active()) return undefined;
      if (effect.mutates && random.chance(odds.crash))
        return { kind: random.chance(0.5) ? 'crash-before' : 'crash-after' };
      if (!random.chance(odds.error)) return undefined;
      const error = errors[random.between(0, errors.length - 1)]?.() ?? new Error('unreachable');
      const lost = effect.mutates && error instanceof TransientError && random.chance(0.7);
      return { kind: lost ? 'lose' : 'refuse', error };
    },
    latency: () => (active() ? [random.between(0, mostLatencyMs), random.between(0, mostLatencyMs)] : [0, 0]),
    delivery() {
      if (!active()) return { delayMs: 1 };
      return {
        delayMs: random.chance(0.1) ? random.between(0, odds.lagMs) : random.between(1, 50),
        dropped: random.chance(odds.drop),
        repeated: random.chance(0.1),
      };
    },
  };
}
