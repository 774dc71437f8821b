/** What the families of vantage points have in common. */
import type { ArmSeries, CounterSource, HistogramSource, Matcher, VantageSubject } from './port.ts';
import { isSet, matches } from './selector.ts';

export type Arm = 'canary' | 'primary';

export interface Family {
  readonly reporter: 'gateway' | 'pods';
  readonly needs: string;
  /** Undefined when it cannot be told which series are this arm's. */
  series(subject: VantageSubject, arm: Arm): ArmSeries | undefined;
}

/** Status codes from 500, and classes such as `5xx`. */
const serverErrors = '5..';

/** Without a status nothing could be counted as failed, and everything would look fine: series without one do not count. */
export function counter(metric: string, status: string, arm: readonly Matcher[]): CounterSource {
  return {
    total: { metric, matchers: [...arm, isSet(status)] },
    bad: [matches(status, serverErrors)],
  };
}

/** `base` is the name without `_bucket`. */
export function histogram(base: string, unitMs: number, arm: readonly Matcher[]): HistogramSource {
  return {
    buckets: { metric: `${base}_bucket`, matchers: arm },
    native: { metric: base, matchers: arm },
    unitMs,
  };
}

/** The arm's Service. */
export function serviceOf({ service }: VantageSubject, arm: Arm): string {
  return `${service}-${arm}`;
}

/** The arm's workload: the canary's pods are the target's own. */
export function workloadOf({ target }: VantageSubject, arm: Arm): string {
  return arm === 'canary' ? target : `${target}-primary`;
}
