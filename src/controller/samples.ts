/** Sampling: every check that is due at once, each judged by its own limits. */
import { durationMs } from '../api/duration.ts';
import { parseMetricTemplate } from '../api/parse.ts';
import { isProven } from '../core/decide-evidence.ts';
import type { Evidence } from '../core/evidence/release.ts';
import type { Input } from '../core/input.ts';
import { type CheckResult, judgeCheck, judgeStep } from '../core/judge.ts';
import type { Context } from '../core/machine.ts';
import { isResting } from '../core/state.ts';
import { millis } from '../core/status.ts';
import type { CheckRequest } from '../metrics/port.ts';
import { gatherEvidence } from './evidence.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';
import { vantageOf } from './vantage.ts';

type Metric = NonNullable<Model['canary']['spec']['analysis']['metrics']>[number];

/** What one pass found. The verdict on Flagger's checks is there only when the step is over; neither waits for the other to fail. */
export interface Samples {
  readonly verdict?: CheckResult | 'pass';
  readonly evidence?: Evidence;
}

export async function takeSamples(
  model: Model,
  input: Pick<Input, 'state' | 'now'>,
  ports: Ports,
): Promise<Samples> {
  const { phase, context } = input.state;
  const at = input.now;
  // What was promoted is judged by the checks of the watch alone.
  if (isResting(phase)) return { verdict: await judgeMetrics(model, input, ports) };
  const isDue = context.plan.evidence === undefined || at >= context.dueAt;
  const decided = Promise.withResolvers<Samples>();
  const metrics = isDue ? judgeMetrics(model, input, ports) : Promise.resolve(undefined);
  const all = Promise.all([
    metrics.then(verdict => {
      if (typeof verdict === 'object' && verdict.outcome === 'fail') decided.resolve({ verdict });
      return verdict;
    }),
    gatherEvidence(model, context, at, ports).then(evidence => {
      if (evidence !== undefined && isProven(evidence)) decided.resolve({ evidence });
      return evidence;
    }),
  ]).then(([verdict, evidence]) => ({
    ...(verdict === undefined ? {} : { verdict }),
    ...(evidence === undefined ? {} : { evidence }),
  }));
  return Promise.race([decided.promise, all]);
}

/**
 * `pass` where all checks passed, else the result that decides. One conclusive failure decides at once: a provider that
 * hangs must not keep the traffic of a release that another has found to be bad. All else takes as long as the slowest.
 */
async function judgeMetrics(
  model: Model,
  { state, now }: Pick<Input, 'state' | 'now'>,
  ports: Ports,
): Promise<CheckResult | 'pass'> {
  const { metrics, ...subject } = isResting(state.phase) ? watched(model) : judged(model, state.context);
  const failure = Promise.withResolvers<CheckResult>();
  const results = Promise.all(
    metrics.map(async metric => {
      const sample = await ports.sampler.sample(requestOf(model, metric, { ...subject, at: now }, ports));
      const result = judgeCheck(metric, sample, subject.notBefore);
      ports.observe.verdict(result.outcome);
      if (result.outcome === 'fail') failure.resolve(result);
      return result;
    }),
  );
  return Promise.race([failure.promise, results.then(all => judgeStep(all) ?? 'pass')]);
}

interface Subject {
  readonly arm: CheckRequest['arm'];
  /** No window reaches back before it, ms since the epoch. */
  readonly since: number;
  /** A sample that is older says nothing about what is judged. */
  readonly notBefore: number;
}

function judged({ canary }: Model, { analysedFrom, stepAt }: Context): Subject & { metrics: Metric[] } {
  const { metrics = [] } = canary.spec.analysis;
  return { metrics, arm: 'canary', since: analysedFrom, notBefore: stepAt };
}

/** What was promoted is judged by the primary's requests, from the promotion on. */
function watched({ canary }: Model): Subject & { metrics: Metric[] } {
  const { metrics = [] } = canary.spec.rollback?.watch ?? {};
  const since = millis(canary.status.promoted?.at);
  return { metrics, arm: 'primary', since, notBefore: since };
}

/** The check as a provider is asked for it, at `at`. */
export function requestOf(
  model: Model,
  metric: Metric,
  { arm, since, at }: Pick<Subject, 'arm' | 'since'> & { readonly at: number },
  ports: Pick<Ports, 'metricTemplates' | 'routers'>,
): CheckRequest {
  const { canary, workload, key } = model;
  const target = workload.target.name;
  const template = templateOf(metric, key.namespace, ports);
  return {
    metric: {
      name: metric.name,
      ...(metric.query === undefined ? {} : { query: metric.query }),
      ...(metric.templateVariables === undefined ? {} : { templateVariables: metric.templateVariables }),
    },
    ...(template === undefined ? {} : { template }),
    names: {
      name: key.name,
      namespace: key.namespace,
      target,
      service: workload.service.name,
      ingress: target,
      route: target,
    },
    arm,
    port: workload.service.port,
    vantage: vantageOf(model, ports),
    windowMs: windowOf(durationMs(metric.interval) ?? 60_000, at - since),
    ...(canary.spec.metricsServer === undefined ? {} : { metricsServer: canary.spec.metricsServer }),
    at,
  };
}

/** A window that reached back before the run's first traffic would judge this release by the one that failed before it. */
function windowOf(intervalMs: number, ageMs: number): number {
  return Math.max(1_000, Math.min(intervalMs, Math.floor(ageMs / 1_000) * 1_000));
}

function templateOf(
  metric: Metric,
  namespace: string,
  ports: Pick<Ports, 'metricTemplates'>,
): CheckRequest['template'] {
  if (metric.templateRef === undefined) return undefined;
  const { name } = metric.templateRef;
  const object = ports.metricTemplates.get({ namespace, name });
  const parsed = object === undefined ? undefined : parseMetricTemplate(object);
  return parsed?.ok === true ? { namespace, name, spec: parsed.value.spec } : undefined;
}
