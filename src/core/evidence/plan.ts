/** The plan of a Canary's evidence: `analysis.checks` with presets and defaults filled in, as plain numbers. */

import type { CanarySpec } from '../../api/canary-spec.ts';
import type { CanaryCheck } from '../../api/check.ts';
import { durationMs } from '../../api/duration.ts';
import type { GaugeSettings } from '../analysis/gauge.ts';
import { type CheckSettings, checkSettings, divideAlpha, presets } from '../analysis/settings.ts';

export type EvidenceCheck = { readonly name: string } & (
  | {
      readonly kind: 'compare';
      readonly settings: CheckSettings;
      /** With latency and an objective: what is slower is not good; ms. */
      readonly slowerThanMs?: number;
    }
  | { readonly kind: 'threshold'; readonly max: number; readonly alpha: number; readonly warmUpMs: number }
  | {
      readonly kind: 'burnRate';
      readonly slo: number;
      readonly windowMs: number;
      /** The run is held only while this one burns too. */
      readonly longWindowMs?: number;
      readonly max: number;
    }
  | {
      readonly kind: 'gauge';
      readonly settings: GaugeSettings & { readonly onFail: 'rollback' | 'hold' };
      /** The canary may be worse by so many percent of the primary's value, beside the settings' tolerance. */
      readonly percent: number;
      /** Length of a measurement. */
      readonly everyMs: number;
      readonly warmUpMs: number;
    }
  | {
      readonly kind: 'webhook';
      readonly url: string;
      readonly timeoutMs: number;
      readonly everyMs: number;
      /** Bad answers in a row that fail the run. */
      readonly failures: number;
      readonly onFail: 'rollback' | 'hold';
      readonly metadata: Readonly<Record<string, string>>;
    }
);

/** Requests that a bad release may fail, or a share of what its objective leaves in 30 days. */
export type Budget =
  | { readonly failedRequests: number }
  | { readonly errorBudgetShare: number; readonly slo: number };

export interface EvidencePlan {
  readonly checks: readonly EvidenceCheck[];
  readonly budget?: Budget;
}

/** Undefined where the Canary is judged by thresholds alone. */
export function evidencePlanOf({ analysis }: CanarySpec): EvidencePlan | undefined {
  const { checks = [], preset, impactBudget } = analysis;
  if (checks.length === 0) return undefined;
  // A burn rate only holds: it can raise no false alarm, so it gets no share of their probability. Nobody knows a webhook's.
  const proves = checks.filter(({ burnRate, webhook }) => burnRate === undefined && webhook === undefined);
  const shares = divideAlpha(
    presets[preset].falseRollbackProbability,
    proves.map(() => 1),
  );
  const warmUpMs = durationMs(analysis.warmUp) ?? 30_000;
  return {
    checks: checks.map(check => checkOf(check, preset, shares[proves.indexOf(check)] ?? 0, warmUpMs)),
    ...(impactBudget === undefined ? {} : { budget: budgetOf(impactBudget) }),
  };
}

function checkOf(
  { name, compare, threshold, burnRate, gauge, webhook }: CanaryCheck,
  preset: CanarySpec['analysis']['preset'],
  alpha: number,
  warmUpMs: number,
): EvidenceCheck {
  if (threshold !== undefined)
    return { name, kind: 'threshold', max: threshold.maxErrorPercent / 100, alpha, warmUpMs };
  if (burnRate !== undefined) {
    const { objective, window, longWindow, max } = burnRate;
    const windowMs = durationMs(window) ?? 300_000;
    const longWindowMs = longWindow === undefined ? undefined : durationMs(longWindow);
    const long = longWindowMs === undefined ? {} : { longWindowMs };
    return { name, kind: 'burnRate', slo: objective / 100, windowMs, ...long, max };
  }
  if (webhook !== undefined) return { name, ...webhookOf(webhook) };
  if (gauge !== undefined) return { name, ...gaugeOf(gauge, alpha), warmUpMs };
  const { of, tolerance, objective, minRequests, onFail = 'Rollback', slowerThan } = compare ?? {};
  const slowerThanMs = slowerThan === undefined ? undefined : durationMs(slowerThan);
  const settings = checkSettings(of === 'Latency' ? 'latency' : 'errors', preset, {
    alpha,
    warmUpMs,
    ratio: tolerance?.ratio ?? 1,
    onFail: onFail === 'Hold' ? 'hold' : 'rollback',
    ...(tolerance?.difference === undefined ? {} : { tolerance: tolerance.difference / 100 }),
    ...(minRequests === undefined ? {} : { minRequests }),
    ...(objective === undefined ? {} : { slo: objective / 100 }),
  });
  return { name, kind: 'compare', settings, ...(slowerThanMs === undefined ? {} : { slowerThanMs }) };
}

function webhookOf({
  url,
  timeout,
  every,
  failures,
  onFail,
  metadata = {},
}: NonNullable<CanaryCheck['webhook']>) {
  return {
    kind: 'webhook' as const,
    url,
    timeoutMs: durationMs(timeout) ?? 10_000,
    everyMs: durationMs(every) ?? 30_000,
    failures,
    onFail: onFail === 'Hold' ? ('hold' as const) : ('rollback' as const),
    metadata,
  };
}

function gaugeOf({ worse, tolerance, every, onFail }: NonNullable<CanaryCheck['gauge']>, alpha: number) {
  return {
    kind: 'gauge' as const,
    settings: {
      alpha,
      tolerance: tolerance.difference,
      worse: worse === 'Lower' ? ('lower' as const) : ('higher' as const),
      onFail: onFail === 'Hold' ? ('hold' as const) : ('rollback' as const),
    },
    percent: tolerance.percent,
    everyMs: durationMs(every) ?? 30_000,
  };
}

function budgetOf({
  failedRequests,
  errorBudget,
}: NonNullable<CanarySpec['analysis']['impactBudget']>): Budget {
  return errorBudget === undefined
    ? { failedRequests: failedRequests ?? 1 }
    : { errorBudgetShare: errorBudget.share / 100, slo: errorBudget.objective / 100 };
}
