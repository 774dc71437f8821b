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

export const GitRepositories: Resource = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'GitRepository',
  plural: 'gitrepositories',
  namespaced: true,
};

export const KustomizationObject = z.object({
  spec: z.object({
    path: z.string().default(''),
    sourceRef: z.object({ kind: z.string(), name: z.string(), namespace: z.string().exactOptional() }),
    components: z.array(z.unknown()).default([]),
    postBuild: z.object({ substituteFrom: z.array(z.unknown()).default([]) }).exactOptional(),
  }),
  status: z
    .object({
      lastAppliedRevision: z.string().exactOptional(),
      lastAttemptedRevision: z.string().exactOptional(),
      conditions: z.array(z.object({ type: z.string(), reason: z.string().default('') })).default([]),
      inventory: z.object({ entries: z.array(z.object({ id: z.string() })).default([]) }).prefault({}),
    })
    .prefault({}),
});
export type KustomizationObject = z.infer<typeof KustomizationObject>;

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
