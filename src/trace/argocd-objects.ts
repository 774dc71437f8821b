/** Argo CD's Application, as far as Siskin reads it (v1alpha1, the same in Argo CD 2.6 to 3.5). */
import { z } from 'zod';
import type { Resource } from '../runtime/port.ts';

export const Applications: Resource = {
  group: 'argoproj.io',
  version: 'v1alpha1',
  kind: 'Application',
  plural: 'applications',
  namespaced: true,
};

const Source = z.object({
  repoURL: z.string().default(''),
  targetRevision: z.string().default(''),
  path: z.string().default(''),
  chart: z.string().default(''),
  ref: z.string().default(''),
  helm: z.object({ valueFiles: z.array(z.string()).default([]) }).prefault({}),
  plugin: z.unknown().optional(),
});
export type Source = z.infer<typeof Source>;

/** Of one source or of several; the other field is absent or empty. */
const Revisions = z.object({ revision: z.string().default(''), revisions: z.array(z.string()).default([]) });
export type Revisions = z.infer<typeof Revisions>;

const ResourceKeys = z.array(
  z.object({
    group: z.string().default(''),
    kind: z.string().default(''),
    namespace: z.string().default(''),
    name: z.string().default(''),
    /** `Synced`, `SyncFailed` and others, where it was synced. */
    status: z.string().default(''),
  }),
);

const Operation = Revisions.extend({
  dryRun: z.boolean().default(false),
  /** Only these, where there are any. */
  resources: ResourceKeys.nullish(),
});

const DrySource = z.object({
  repoURL: z.string().default(''),
  targetRevision: z.string().default(''),
  path: z.string().default(''),
});
export type DrySource = z.infer<typeof DrySource>;

const Hydration = z.object({
  drySHA: z.string().default(''),
  hydratedSHA: z.string().default(''),
  sourceHydrator: z.object({ drySource: DrySource.prefault({}) }).prefault({}),
});

export const ApplicationObject = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({
    source: Source.exactOptional(),
    sources: z.array(Source).default([]),
    sourceHydrator: z.object({ drySource: DrySource }).exactOptional(),
  }),
  status: z
    .object({
      sync: Revisions.extend({ status: z.string().default('') }).prefault({}),
      operationState: z
        .object({
          phase: z.string().default(''),
          startedAt: z.string().default(''),
          operation: z.object({ sync: Operation.exactOptional() }).prefault({}),
          syncResult: Revisions.extend({ resources: ResourceKeys.nullish() }).exactOptional(),
        })
        .exactOptional(),
      /** Oldest first. */
      history: z.array(Revisions).nullish(),
      resources: ResourceKeys.nullish(),
      sourceHydrator: z
        .object({
          lastSuccessfulOperation: Hydration.exactOptional(),
          currentOperation: z
            .object({
              phase: z.string().default(''),
              hydratedSHA: z.string().default(''),
              finishedAt: z.string().nullish(),
            })
            .exactOptional(),
        })
        .prefault({}),
    })
    .prefault({}),
});
export type ApplicationObject = z.infer<typeof ApplicationObject>;
