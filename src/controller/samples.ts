/** Sampling: every check that is due at once, each judged by its own limits. */
import { durationMs } from '../api/duration.ts';
import { parseMetricTemplate } from '../api/parse.ts';
import { isProven } from '../core/decide-evidence.ts';
import type { Evidence } from '../core/evidence/release.ts';
import { type CheckResult, judgeCheck, judgeStep } from '../core/judge.ts';
import type { Context } from '../core/machine.ts';
import type { CheckRequest } from '../metrics/port.ts';
import { gatherEvidence } from './evidence.ts';
import { type Model, routerOf } from './model.ts';
import type { Ports } from './ports.ts';

type Metric = NonNullable<Model['canary']['spec']['analysis']['metrics']>[number];

/** What one pass found. The verdict on Flagger's checks is there only when the step is over; neither waits for the other to fail. */
export interface Samples {
  readonly verdict?: CheckResult | 'pass';
  readonly evidence?: Evidence;
}

export async function takeSamples(
  model: Model,
  context: Context,
  at: number,
  ports: Ports,
): Promise<Samples> {
  const isDue = context.plan.evidence === undefined || at >= context.dueAt;
  const decided = Promise.withResolvers<Samples>();
  const metrics = isDue ? judgeMetrics(model, context, at, ports) : Promise.resolve(undefined);
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
  context: Context,
  at: number,
  ports: Ports,
): Promise<CheckResult | 'pass'> {
  const metrics = model.canary.spec.analysis.metrics ?? [];
  const failure = Promise.withResolvers<CheckResult>();
  const results = Promise.all(
    metrics.map(async metric => {
      const sample = await ports.sampler.sample(requestOf(model, metric, context, at, ports));
      const result = judgeCheck(metric, sample, context.stepAt);
      ports.observe.verdict(result.outcome);
      if (result.outcome === 'fail') failure.resolve(result);
      return result;
    }),
  );
  return Promise.race([failure.promise, results.then(all => judgeStep(all) ?? 'pass')]);
}

/** The check as a provider is asked for it, at `at`. */
export function requestOf(
  model: Model,
  metric: Metric,
  context: Pick<Context, 'analysedFrom'>,
  at: number,
  ports: Pick<Ports, 'metricTemplates' | 'routers'>,
): CheckRequest {
  const { canary, workload, route, key } = model;
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
    port: workload.service.port,
    vantage: model.plan.routed ? (routerOf(model, ports).controllerName(route) ?? 'unknown') : 'kubernetes',
    windowMs: windowOf(durationMs(metric.interval) ?? 60_000, context, at),
    ...(canary.spec.metricsServer === undefined ? {} : { metricsServer: canary.spec.metricsServer }),
    at,
  };
}

/** A window that reached back before the run's first traffic would judge this release by the one that failed before it. */
function windowOf(intervalMs: number, context: Pick<Context, 'analysedFrom'>, at: number): number {
  const since = Math.floor((at - context.analysedFrom) / 1_000) * 1_000;
  return Math.max(1_000, Math.min(intervalMs, since));
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
