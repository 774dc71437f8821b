/** The plan of a run: a Canary's analysis with every default filled in, as plain numbers. */
import type { CanarySpec } from '../api/canary-spec.ts';
import { durationMs } from '../api/duration.ts';
import { type EvidencePlan, evidencePlanOf } from './evidence/plan.ts';

export type UndecidedKind = 'noData' | 'error' | 'inconclusive';

export interface Plan {
  readonly strategy: 'Canary' | 'BlueGreen';
  /** Whether a router can send requests to the canary at all. */
  readonly routed: boolean;
  /** Canary weights in percent, ascending; empty for blue/green. */
  readonly weights: readonly number[];
  /** Blue/green: how many checks must pass. */
  readonly iterations: number;
  readonly intervalMs: number;
  /** So many failed checks fail the release. */
  readonly threshold: number;
  /** Percent by which the primary takes traffic back after its rollout; 0 means all at once. */
  readonly promotionStep: number;
  readonly progressDeadlineMs: number;
  readonly skipAnalysis: boolean;
  /** `analysis.checks`; undefined where there are none. */
  readonly evidence?: EvidencePlan;
  /** How the promoted release is judged afterwards; `forMs` 0 means not at all. */
  readonly watch: { readonly forMs: number; readonly intervalMs: number; readonly threshold: number };
  readonly undecided: Readonly<
    Record<UndecidedKind, { readonly timeLimitMs: number; readonly policy: 'Hold' | 'Rollback' }>
  >;
}

const defaultIterations = 10;
/** What is promoted is not judged any more. */
export const noWatch: Plan['watch'] = { forMs: 0, intervalMs: 60_000, threshold: 1 };

/** Stands for the plan of a Canary whose spec cannot be read. */
export const emptyPlan: Plan = {
  strategy: 'BlueGreen',
  routed: false,
  weights: [],
  iterations: 1,
  intervalMs: 60_000,
  threshold: 1,
  promotionStep: 0,
  progressDeadlineMs: 600_000,
  skipAnalysis: false,
  watch: noWatch,
  undecided: {
    noData: { timeLimitMs: 0, policy: 'Hold' },
    error: { timeLimitMs: 0, policy: 'Hold' },
    inconclusive: { timeLimitMs: 0, policy: 'Hold' },
  },
};

/** `provider` is the spec's, or the operator's default where the spec has none. */
export function planOf(spec: CanarySpec, provider: string): Plan {
  const { analysis } = spec;
  const routed = provider !== 'kubernetes';
  const evidence = evidencePlanOf(spec);
  const weights = routed ? weightsOf(analysis) : [];
  const undecided = (kind: UndecidedKind) => {
    const rule = analysis.undecided[kind];
    return { timeLimitMs: durationMs(rule.timeLimit) ?? 600_000, policy: rule.policy };
  };
  return {
    strategy: weights.length > 0 ? 'Canary' : 'BlueGreen',
    routed,
    weights,
    iterations:
      analysis.iterations !== undefined && analysis.iterations > 0 ? analysis.iterations : defaultIterations,
    intervalMs: Math.max(1_000, durationMs(analysis.interval) ?? 60_000),
    threshold: Math.max(1, analysis.threshold ?? 1),
    promotionStep: routed ? (analysis.stepWeightPromotion ?? 0) : 0,
    progressDeadlineMs: spec.progressDeadlineSeconds * 1_000,
    skipAnalysis: spec.skipAnalysis,
    ...(evidence === undefined ? {} : { evidence }),
    watch: watchOf(spec),
    undecided: {
      noData: undecided('noData'),
      error: undecided('error'),
      inconclusive: undecided('inconclusive'),
    },
  };
}

function watchOf({ rollback }: CanarySpec): Plan['watch'] {
  const watch = rollback?.watch;
  if (watch === undefined) return noWatch;
  return {
    forMs: durationMs(watch.for) ?? 0,
    intervalMs: Math.max(1_000, durationMs(watch.interval) ?? 60_000),
    threshold: Math.max(1, watch.threshold),
  };
}

/** The last step is never above `maxWeight`: a step that would overshoot is cut to it. */
function weightsOf(analysis: CanarySpec['analysis']): number[] {
  if (analysis.stepWeights !== undefined && analysis.stepWeights.length > 0) return [...analysis.stepWeights];
  const step = analysis.stepWeight ?? 0;
  if (step <= 0) return [];
  const max = Math.min(
    100,
    analysis.maxWeight !== undefined && analysis.maxWeight > 0 ? analysis.maxWeight : 100,
  );
  const weights: number[] = [];
  for (let weight = step; weight < max; weight += step) weights.push(weight);
  return [...weights, max];
}
