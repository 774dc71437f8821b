/** Siskin's kinds as the API server gets to know them: names, columns of `kubectl get`, schemas. */
import type { z } from 'zod';
import type { Resource } from '../runtime/port.ts';
import { AlertProviderSpec } from './alert-provider.ts';
import { CanarySpec } from './canary-spec.ts';
import { CanaryStatus } from './canary-status.ts';
import { ManifestRepositorySpec, ManifestRepositoryStatus } from './manifest-repository.ts';
import { MetricTemplateSpec } from './metric-template.ts';
import { AlertProviders, Canaries, ManifestRepositories, MetricTemplates } from './resources.ts';

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean';
  readonly jsonPath: string;
  /** Above 0 the column is shown with `-o wide` only. */
  readonly priority?: number;
}

export interface Kind {
  readonly resource: Resource;
  /** What an object of this kind is for, in one or two sentences. */
  readonly description: string;
  readonly shortNames: readonly string[];
  readonly columns: readonly PrinterColumn[];
  readonly spec: z.ZodType;
  readonly status?: z.ZodType;
}

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const canary: Kind = {
  resource: Canaries,
  description:
    'A Canary releases each new revision of a workload step by step, judges it by metrics, and promotes it or takes the traffic back and repairs Git.',
  // `canary` is Flagger's too; a short name of three letters that nobody else has is what people type.
  shortNames: ['sis'],
  columns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Weight', type: 'integer', jsonPath: '.status.canaryWeight' },
    { name: 'Failed', type: 'integer', jsonPath: '.status.failedChecks' },
    { name: 'Reason', type: 'string', jsonPath: '.status.reason' },
    { name: 'Revision', type: 'string', jsonPath: '.status.target.revision', priority: 1 },
    { name: 'Trace', type: 'string', jsonPath: '.status.promoted.git.confidence', priority: 1 },
    { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
    age,
  ],
  spec: CanarySpec,
  status: CanaryStatus,
};

const metricTemplate: Kind = {
  resource: MetricTemplates,
  description: 'A MetricTemplate is a query for the checks of Canaries, and the provider that answers it.',
  shortNames: [],
  columns: [{ name: 'Provider', type: 'string', jsonPath: '.spec.provider.type' }, age],
  spec: MetricTemplateSpec,
};

const alertProvider: Kind = {
  resource: AlertProviders,
  description: 'An AlertProvider is a place where messages about the runs of Canaries go.',
  shortNames: [],
  columns: [{ name: 'Type', type: 'string', jsonPath: '.spec.type' }, age],
  spec: AlertProviderSpec,
};

const ready = '.status.conditions[?(@.type=="Ready")]';

const manifestRepository: Kind = {
  resource: ManifestRepositories,
  description:
    'A ManifestRepository is a Git repository in which Siskin may repair what a failed revision left, and the limits within which it may. It belongs to the platform team.',
  shortNames: [],
  columns: [
    { name: 'URL', type: 'string', jsonPath: '.spec.url' },
    { name: 'Branch', type: 'string', jsonPath: '.spec.branch' },
    { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
    { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspend' },
    { name: 'Ready', type: 'string', jsonPath: `${ready}.status` },
    { name: 'Message', type: 'string', jsonPath: `${ready}.message`, priority: 1 },
    age,
  ],
  spec: ManifestRepositorySpec,
  status: ManifestRepositoryStatus,
};

export const kinds: readonly Kind[] = [canary, metricTemplate, alertProvider, manifestRepository];
