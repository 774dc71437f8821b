/** Judging: what a sample says about the release, by Flagger's thresholds, and what all samples of a step say together. */
import type { UndecidedKind } from './plan.ts';

/** Limits of a check as the Canary writes them. */
export interface Limits {
  readonly name: string;
  readonly thresholdRange?:
    | { readonly min?: number | undefined; readonly max?: number | undefined }
    | undefined;
  /** Flagger's deprecated single limit: a minimum for `request-success-rate`, else a maximum. */
  readonly threshold?: number | undefined;
}

/** One query's answer; only `value` can pass or fail. */
export type Answer =
  | { readonly kind: 'value'; readonly value: number; readonly at: number }
  | { readonly kind: UndecidedKind; readonly why: string };

export interface CheckResult {
  readonly check: string;
  readonly outcome: 'pass' | 'fail' | UndecidedKind;
  /** For people: the value as measured, or why there is none. */
  readonly value: string;
  /** For people: `at least 99`. */
  readonly limit: string;
}

/** Accepts only a finite value inside the limits taken since `notBefore` (ms): whatever is odd is no pass. */
export function judgeCheck(limits: Limits, answer: Answer, notBefore: number): CheckResult {
  const { min, max } = rangeOf(limits);
  const limit = describeLimit(min, max);
  if (answer.kind !== 'value') return { check: limits.name, outcome: answer.kind, value: answer.why, limit };
  if (answer.at < notBefore) {
    return {
      check: limits.name,
      outcome: 'noData',
      value: 'the newest sample is older than this step',
      limit,
    };
  }
  if (!Number.isFinite(answer.value)) {
    return { check: limits.name, outcome: 'inconclusive', value: String(answer.value), limit };
  }
  const passes = answer.value >= min && answer.value <= max;
  return { check: limits.name, outcome: passes ? 'pass' : 'fail', value: formatValue(answer.value), limit };
}

/** One conclusive failure decides; else anything undecided holds; only all passing is a pass. */
export function judgeStep(results: readonly CheckResult[]): CheckResult | undefined {
  return (
    results.find(result => result.outcome === 'fail') ?? results.find(result => result.outcome !== 'pass')
  );
}

/** For people: `at least 99`. */
export function describeLimits(limits: Limits): string {
  const { min, max } = rangeOf(limits);
  return describeLimit(min, max);
}

function rangeOf({ name, thresholdRange, threshold }: Limits): { min: number; max: number } {
  const open = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  if (thresholdRange !== undefined) {
    return { min: thresholdRange.min ?? open.min, max: thresholdRange.max ?? open.max };
  }
  if (name === 'request-success-rate') return { ...open, min: threshold ?? 0 };
  return { ...open, max: threshold ?? 0 };
}

function describeLimit(min: number, max: number): string {
  const lower = Number.isFinite(min) ? `at least ${formatValue(min)}` : '';
  const upper = Number.isFinite(max) ? `at most ${formatValue(max)}` : '';
  return [lower, upper].filter(text => text !== '').join(' and ') || 'no limit';
}

function formatValue(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
