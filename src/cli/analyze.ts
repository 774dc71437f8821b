/** `siskin analyze`: every check of a Canary, asked now and judged as the operator would. */
import { parseMetricTemplate } from '../api/parse.ts';
import { MetricTemplates } from '../api/resources.ts';
import type { Model } from '../controller/model.ts';
import { requestOf } from '../controller/samples.ts';
import { type CheckResult, describeLimits, judgeCheck } from '../core/judge.ts';
import type { CheckRequest, Sampler, SeriesReader } from '../metrics/port.ts';
import type { Clock, KubeClient, KubeObject } from '../runtime/port.ts';
import type { Router } from '../traffic/port.ts';
import { analyzeEvidence } from './analyze-evidence.ts';
import { still } from './gateway.ts';

export interface AnalyzeDeps {
  readonly kube: KubeClient;
  readonly routers: Readonly<Record<'gatewayapi' | 'kubernetes', Router>>;
  readonly sampler: Sampler;
  readonly series: SeriesReader;
  readonly clock: Clock;
  /** Addresses in the cluster's objects do not count. */
  readonly isServerGiven: boolean;
}

type Metric = NonNullable<Model['canary']['spec']['analysis']['metrics']>[number];

export interface CheckRow extends CheckResult {
  readonly sentence: string;
}

/** First `analysis.metrics`, then `analysis.checks`; calls `done` after each that is answered. */
export async function analyzeNow(
  model: Model,
  deps: AnalyzeDeps,
  done: () => void,
): Promise<readonly CheckRow[]> {
  const metrics = model.canary.spec.analysis.metrics ?? [];
  const [thresholds, evidence] = await Promise.all([
    Promise.all(
      metrics.map(async metric => {
        const result = await check(model, metric, deps);
        done();
        return { ...result, sentence: sentenceOf(result) };
      }),
    ),
    analyzeEvidence(model, deps),
  ]);
  return [...thresholds, ...evidence];
}

async function check(model: Model, metric: Metric, deps: AnalyzeDeps): Promise<CheckResult> {
  const template = await templateOf(model, metric, deps.kube);
  if (typeof template === 'string') {
    return { check: metric.name, outcome: 'error', value: template, limit: describeLimits(metric) };
  }
  const request = requestOf(
    model,
    metric,
    { arm: 'canary', since: 0, at: deps.clock.now() },
    {
      metricTemplates: still(template === undefined ? [] : [template]),
      routers: deps.routers,
    },
  );
  return judgeCheck(metric, await deps.sampler.sample(asked(request, deps)), 0);
}

/** With a server of the user's own, a template's Secret and headers would go to somebody whom they are not for. */
function asked(request: CheckRequest, { isServerGiven }: AnalyzeDeps): CheckRequest {
  if (!isServerGiven) return request;
  const { template } = request;
  const type = template?.spec.provider.type ?? '';
  return {
    ...request,
    metricsServer: '',
    ...(template && { template: { ...template, spec: { ...template.spec, provider: { type } } } }),
  };
}

/** A sentence where it cannot be used. */
async function templateOf(
  { key }: Model,
  { name, templateRef }: Metric,
  kube: KubeClient,
): Promise<KubeObject | string | undefined> {
  if (templateRef === undefined) return undefined;
  const namespace = templateRef.namespace ?? key.namespace;
  const what = `MetricTemplate ${namespace}/${templateRef.name}`;
  if (namespace !== key.namespace)
    return `${what} of ${name} is in another namespace; copy it to ${key.namespace}`;
  const object = await kube.get(MetricTemplates, { namespace, name: templateRef.name });
  if (object === undefined) return `${what} does not exist; create it`;
  const parsed = parseMetricTemplate(object);
  if (parsed.ok) return object;
  const [first] = parsed.problems;
  return `${what}: ${first?.field ?? 'spec'} ${first?.message ?? 'is not valid'}`;
}

function sentenceOf({ check: name, outcome, value, limit }: CheckResult): string {
  if (outcome === 'pass' || outcome === 'fail') return `${name} is ${value}, allowed is ${limit}`;
  return `${name} has no verdict: ${value}`;
}
