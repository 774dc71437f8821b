/** References of a Canary to other objects: what is missing or cannot be used is told before a run depends on it. */

import { repositoryDenial } from '../api/manifest-repository.ts';
import { parseAlertProvider, parseManifestRepository, parseMetricTemplate } from '../api/parse.ts';
import { unsupportedAlertProvider, unsupportedMetricTemplate } from '../api/unsupported.ts';
import type { Problem } from '../core/input.ts';
import { checkProblem } from './evidence-sources.ts';
import { effectiveMode, providerOf } from './forge-access.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';

/** The first problem found; undefined where all is well. */
export function referenceProblem(model: Model, ports: Ports): Problem | undefined {
  const beside = alertProblem(model, ports) ?? gitProblem(model, ports);
  return (
    templateProblem(model, ports) ?? checkProblem(model, ports) ?? (beside && { ...beside, besideRun: true })
  );
}

function templateProblem({ canary, key }: Model, ports: Ports): Problem | undefined {
  const { analysis, rollback } = canary.spec;
  const metrics = [
    ...(analysis.metrics ?? []).map((metric, index) => [`spec.analysis.metrics[${index}]`, metric] as const),
    ...(rollback?.watch?.metrics ?? []).map(
      (metric, index) => [`spec.rollback.watch.metrics[${index}]`, metric] as const,
    ),
  ];
  for (const [field, metric] of metrics) {
    if (metric.query !== undefined) {
      const why = ports.queryProblem(metric.query);
      if (why !== undefined)
        return { reason: 'InvalidQuery', message: `${field}.query does not parse: ${why}` };
    }
    if (metric.templateRef === undefined) continue;
    const namespace = metric.templateRef.namespace ?? key.namespace;
    const what = `MetricTemplate ${namespace}/${metric.templateRef.name}`;
    if (namespace !== key.namespace) {
      return {
        reason: 'CrossNamespaceReference',
        message: `${field}.templateRef: ${what} is in another namespace; copy it to ${key.namespace}`,
      };
    }
    const object = ports.metricTemplates.get({ namespace, name: metric.templateRef.name });
    if (object === undefined)
      return {
        reason: 'MetricTemplateMissing',
        message: `${field}.templateRef: ${what} does not exist; create it`,
      };
    const parsed = parseMetricTemplate(object);
    if (!parsed.ok) {
      const [first] = parsed.problems;
      return {
        reason: 'MetricTemplateInvalid',
        message: `${what}: ${first?.field ?? 'spec'} ${first?.message ?? 'is not valid'}`,
      };
    }
    const [unsupported] = unsupportedMetricTemplate(parsed.value.spec);
    if (unsupported !== undefined)
      return { reason: 'Unsupported', message: `${what}: ${unsupported.field} ${unsupported.message}` };
    const why = ports.queryProblem(parsed.value.spec.query);
    if (why !== undefined)
      return { reason: 'InvalidQuery', message: `${what}: spec.query does not parse: ${why}` };
  }
  return undefined;
}

/** A provider in another namespace would let a tenant read that namespace's Secret through the operator. */
function alertProblem({ alerts, key }: Model, ports: Ports): Problem | undefined {
  for (const [index, { provider }] of alerts.entries()) {
    const field = `spec.analysis.alerts[${index}].providerRef`;
    const [namespace = '', name = ''] = provider.split('/');
    if (namespace !== key.namespace) {
      return {
        reason: 'CrossNamespaceReference',
        message: `${field}: AlertProvider ${provider} is in another namespace; copy it to ${key.namespace}`,
      };
    }
    const object = ports.alertProviders.get({ namespace, name });
    if (object === undefined)
      return {
        reason: 'AlertProviderMissing',
        message: `${field}: AlertProvider ${provider} does not exist; create it`,
      };
    const parsed = parseAlertProvider(object);
    if (!parsed.ok)
      return {
        reason: 'AlertProviderInvalid',
        message: `AlertProvider ${provider}: ${parsed.problems[0]?.field ?? 'spec'} ${parsed.problems[0]?.message ?? ''}`,
      };
    const [unsupported] = unsupportedAlertProvider(parsed.value.spec);
    if (unsupported !== undefined)
      return {
        reason: 'Unsupported',
        message: `AlertProvider ${provider}: ${unsupported.field} ${unsupported.message}`,
      };
  }
  return undefined;
}

function gitProblem(model: Model, ports: Ports): Problem | undefined {
  const { git, key } = model;
  if (git === undefined || git.mode === 'Off') return undefined;
  const object = ports.repositories.get({ name: git.repository });
  const what = `ManifestRepository ${git.repository}`;
  if (object === undefined) {
    return {
      reason: 'ManifestRepositoryMissing',
      message: `spec.rollback.git.repositoryRef: ${what} does not exist; the platform team has to create it`,
    };
  }
  const parsed = parseManifestRepository(object);
  if (!parsed.ok)
    return {
      reason: 'ManifestRepositoryInvalid',
      message: `${what}: ${parsed.problems[0]?.field ?? 'spec'} ${parsed.problems[0]?.message ?? ''}`,
    };
  const denial = repositoryDenial(parsed.value.spec, {
    namespace: key.namespace,
    branch: git.branch ?? parsed.value.spec.branch,
  });
  if (denial !== undefined) return { reason: 'ManifestRepositoryDenied', message: `${what}: ${denial}` };
  const mode = effectiveMode(git, parsed.value.spec);
  if ((mode === 'PullRequest' || mode === 'Auto') && providerOf(parsed.value.spec) === undefined) {
    return {
      reason: 'ProviderUnknown',
      message: `${what}: spec.provider must be set for pull requests, since the host of its url is none that is known`,
    };
  }
  return undefined;
}
