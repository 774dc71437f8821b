/** What a check is asked to accept, and how sure it has to be. */
import type { Bets } from './bet.ts';
import type { Channel } from './evidence.ts';

export type Preset = 'conservative' | 'balanced' | 'sensitive';

interface PresetValues {
  /** The most often that a release may be rolled back whose canary is no worse than tolerated; of all its checks together. */
  readonly falseRollbackProbability: number;
  /** Difference of the error rates that is accepted, as a share. */
  readonly tolerance: number;
}

export const presets: Readonly<Record<Preset, PresetValues>> = {
  conservative: { falseRollbackProbability: 0.01, tolerance: 0.001 },
  balanced: { falseRollbackProbability: 0.02, tolerance: 0.0005 },
  sensitive: { falseRollbackProbability: 0.05, tolerance: 0 },
};

export type CheckKind = 'errors' | 'latency';

export interface CheckSettings {
  readonly kind: CheckKind;
  /** This check's part of the release's false-rollback probability, see `divideAlpha`. */
  readonly alpha: number;
  /** Accepted: the canary's rate ≤ `ratio` · the primary's + `tolerance`. */
  readonly ratio: number;
  /** A share: 0.0005 is 0.05 percentage points. */
  readonly tolerance: number;
  /** A share above the primary's rate that fails the canary from its first request on, also while it warms up; absent to wait. */
  readonly criticalGap?: number;
  /** How long after its first request the canary may be worse without it being held against it. */
  readonly warmUpMs: number;
  /** Requests of the canary that a promotion needs; `auto`: as many as it takes on average to notice a notable regression. */
  readonly minRequests: number | 'auto';
  readonly onFail: 'rollback' | 'hold';
  /** Objective, as the share of good requests (0.999) of the first boundary; absent: the canary is only compared with the primary. */
  readonly slo?: number;
}

/** Latency is accepted within two percentage points of the primary's share of slow requests. */
const LATENCY_TOLERANCE = 0.02;
const CRITICAL_GAP = 0.1;
const WARM_UP_MS = 30_000;

/** A check as its preset has it, the only one of its release; `own` is what the user says instead. */
export function checkSettings(
  kind: CheckKind,
  preset: Preset,
  own: Partial<Omit<CheckSettings, 'kind'>> = {},
): CheckSettings {
  const { falseRollbackProbability, tolerance } = presets[preset];
  return {
    kind,
    alpha: falseRollbackProbability,
    ratio: 1,
    tolerance: kind === 'latency' ? LATENCY_TOLERANCE : tolerance,
    ...(kind === 'errors' ? { criticalGap: CRITICAL_GAP } : {}),
    warmUpMs: WARM_UP_MS,
    minRequests: 'auto',
    onFail: 'rollback',
    ...own,
  };
}

/** Divides a release's false-rollback probability over its checks by weight, so that all of them together stay within it. */
export function divideAlpha(alpha: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map(weight => (alpha * weight) / sum);
}

/** The channel's share of alpha: the two have half each where there are two. */
export function channelAlpha({ alpha, criticalGap }: CheckSettings): number {
  return criticalGap === undefined ? alpha : alpha / 2;
}

/** Bets of the channel that is silent during the warm-up. */
export function regularBets({ ratio, tolerance }: CheckSettings): Bets {
  return { grid: { mode: 'odds', values: [1.5, 3, 8, 25] }, ratio, tolerance };
}

/** Bets against a canary that is very bad from its first request on. */
export function criticalBets({ ratio }: CheckSettings, gap: number): Bets {
  return { grid: { mode: 'gap', values: [0.1, 0.4, 0.8] }, ratio, tolerance: gap };
}

/** One batch gives at most this much, whatever alpha: scrapes of the two sides are moments apart and a shared incident may begin between them. */
const MOST_PER_BATCH = Math.log(20);
/** And never enough to decide alone. */
const MOST_OF_LIMIT = 0.9;
/** A service whose rate varies this much (squared coefficient of variation) from batch to batch needs twice the batches. */
const DOUBLING_DISPERSION = 8;

/** Bets with the cap that keeps a single batch from deciding; `dispersion` is the service's own unsteadiness. */
export function capped(bets: Bets, alpha: number, dispersion: number): Channel {
  const most = MOST_PER_BATCH / (1 + dispersion / DOUBLING_DISPERSION);
  return { ...bets, cap: Math.min(most, MOST_OF_LIMIT * Math.log(1 / alpha)) };
}
