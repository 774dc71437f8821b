/** Flux's objects, as far as Siskin reads them. */
import { z } from 'zod';
import type { Resource } from '../runtime/port.ts';

export const Kustomizations: Resource = {
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  plural: 'kustomizations',
  namespaced: true,
};

export const HelmReleases: Resource = {
  group: 'helm.toolkit.fluxcd.io',
  version: 'v2',
  kind: 'HelmRelease',
  plural: 'helmreleases',
  namespaced: true,
};

export const GitRepositories: Resource = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'GitRepository',
  plural: 'gitrepositories',
  namespaced: true,
};

export const OciRepositories: Resource = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'OCIRepository',
  plural: 'ocirepositories',
  namespaced: true,
};

const SourceRef = z.object({ kind: z.string(), name: z.string(), namespace: z.string().exactOptional() });

/** Of a build that reached the cluster. */
const Attempt = z.object({
  metadata: z
    .object({ revision: z.string().default(''), originRevision: z.string().default('') })
    .prefault({}),
});

const Inventory = z.object({ entries: z.array(z.object({ id: z.string() })).default([]) });

export const KustomizationObject = z.object({
  spec: z.object({
    path: z.string().default(''),
    sourceRef: SourceRef,
    components: z.array(z.unknown()).default([]),
    postBuild: z.object({ substituteFrom: z.array(z.unknown()).default([]) }).exactOptional(),
  }),
  status: z
    .object({
      lastAppliedRevision: z.string().exactOptional(),
      lastAppliedOriginRevision: z.string().exactOptional(),
      lastAttemptedRevision: z.string().exactOptional(),
      conditions: z.array(z.object({ type: z.string(), reason: z.string().default('') })).default([]),
      inventory: Inventory.prefault({}),
      /** Newest first. */
      history: z.array(Attempt).default([]),
    })
    .prefault({}),
});
export type KustomizationObject = z.infer<typeof KustomizationObject>;

export const HelmReleaseObject = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({
    targetNamespace: z.string().exactOptional(),
    chart: z.object({ spec: z.object({ chart: z.string(), sourceRef: SourceRef }) }).exactOptional(),
  }),
});
export type HelmReleaseObject = z.infer<typeof HelmReleaseObject>;

export const GitRepositoryObject = z.object({
  spec: z.object({
    url: z.string(),
    ref: z
      .object({
        branch: z.string().exactOptional(),
        tag: z.string().exactOptional(),
        semver: z.string().exactOptional(),
        name: z.string().exactOptional(),
        commit: z.string().exactOptional(),
      })
      .prefault({}),
  }),
});
export type GitRepositoryObject = z.infer<typeof GitRepositoryObject>;

export const OciRepositoryObject = z.object({
  status: z
    .object({
      artifact: z
        .object({ revision: z.string().default(''), metadata: z.record(z.string(), z.string()).default({}) })
        .exactOptional(),
    })
    .prefault({}),
});
export type OciRepositoryObject = z.infer<typeof OciRepositoryObject>;
