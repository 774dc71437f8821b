/** Burn rate of the whole service's error budget: a reason to hold a release, never to blame its canary. */
import type { Counts } from './bet.ts';

export interface BurnSettings {
  /** Share of requests that shall be good, such as 0.999. */
  readonly slo: number;
  /** How many times faster than sustainable the budget may burn: 14.4 spends 2 % of 30 days' budget in an hour. */
  readonly max: number;
}

export interface BurnJudgement {
  readonly holding: boolean;
  /** Burn rates of the windows, 0 without requests; `long` is the same where there is one alone. */
  readonly short: number;
  readonly long: number;
}

/** Part of the limit under which a hold is over, so that it does not flap. */
const RELEASED = 0.5;

/**
 * Holds while both windows (5 minutes and an hour, say; or one alone) burn faster than allowed; goes on once the short one burns less than
 * half of that. `wasHolding` is what was said last.
 */
export function judgeBurn(
  windows: { readonly short: Counts; readonly long?: Counts },
  { slo, max }: BurnSettings,
  wasHolding: boolean,
): BurnJudgement {
  const short = burnOf(windows.short, slo);
  const long = windows.long === undefined ? short : burnOf(windows.long, slo);
  return { holding: wasHolding ? short > max * RELEASED : Math.min(short, long) > max, short, long };
}

function burnOf({ total, bad }: Counts, slo: number): number {
  return total > 0 ? bad / total / (1 - slo) : 0;
}
