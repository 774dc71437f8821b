/** Traces what Flux applied: from the workload's labels to its HelmRelease, its Kustomization, the source and the commit. */
import type { KubeClient, ObjectKey } from '../runtime/port.ts';
import { annotate, notTold, readAgentObject } from './agent-object.ts';
import {
  GitRepositories,
  HelmReleaseObject,
  HelmReleases,
  KustomizationObject,
  Kustomizations,
} from './flux-objects.ts';
import { fluxSources } from './flux-source.ts';
import type { AppliedWorkload, NotTold, Trace, Tracer } from './port.ts';

const kustomize = 'kustomize.toolkit.fluxcd.io';
const helm = 'helm.toolkit.fluxcd.io';
const nudgeAnnotation = 'reconcile.fluxcd.io/requestedAt';

/** The Kustomization that applied a workload, itself or by way of a HelmRelease. */
interface Owner {
  readonly key: Required<ObjectKey>;
  readonly kustomization: KustomizationObject;
  readonly release?: { readonly key: Required<ObjectKey>; readonly object: HelmReleaseObject };
}

export function createFluxTracer({ kube }: { readonly kube: KubeClient }): Tracer {
  /** Follows labels, and believes only what Flux's own objects confirm: labels are copied along with manifests. */
  async function find(workload: AppliedWorkload): Promise<Owner | NotTold> {
    const key = ownerIn(workload.labels, kustomize);
    if (key !== undefined) return confirmed(key, workload);
    const releaseKey = ownerIn(workload.labels, helm);
    if (releaseKey === undefined)
      return notTold(
        `${workload.kind} ${workload.name} has no label ${kustomize}/name, so Flux did not apply it`,
      );
    const what = `HelmRelease ${releaseKey.namespace}/${releaseKey.name}`;
    const object = await readAgentObject(kube, HelmReleases, releaseKey, HelmReleaseObject);
    if ('why' in object) return object;
    const installs = object.spec.targetNamespace ?? releaseKey.namespace;
    if (installs !== workload.namespace)
      return notTold(`${what} installs into namespace ${installs}, not into ${workload.namespace}`);
    const applier = ownerIn(object.metadata.labels, kustomize);
    if (applier === undefined) return notTold(`${what} was not applied by a Kustomization`);
    const owner = await confirmed(applier, { ...releaseKey, group: helm, kind: HelmReleases.kind });
    return 'why' in owner ? owner : { ...owner, release: { key: releaseKey, object } };
  }

  async function confirmed(
    key: Required<ObjectKey>,
    applied: Pick<AppliedWorkload, 'group' | 'kind' | 'namespace' | 'name'>,
  ): Promise<Owner | NotTold> {
    const kustomization = await readAgentObject(kube, Kustomizations, key, KustomizationObject);
    if ('why' in kustomization) return kustomization;
    const id = [applied.namespace, applied.name, applied.group, applied.kind].join('_');
    if (kustomization.status.inventory.entries.some(entry => entry.id === id)) return { key, kustomization };
    return notTold(
      `the inventory of Kustomization ${key.namespace}/${key.name} does not list ${applied.kind} ${applied.name}`,
    );
  }

  return {
    isClaimed: ({ labels }) =>
      ownerIn(labels, kustomize) !== undefined || ownerIn(labels, helm) !== undefined,

    async trace(workload): Promise<Trace> {
      const owner = await find(workload);
      return 'why' in owner ? owner : fluxSources(kube, owner, workload);
    },

    async nudge(workload, now) {
      const owner = await find(workload);
      if ('why' in owner) return;
      const { sourceRef } = owner.kustomization.spec;
      // An artifact changes when CI has published the revert, and not before.
      if (sourceRef.kind !== GitRepositories.kind) return;
      const key = { name: sourceRef.name, namespace: sourceRef.namespace ?? owner.key.namespace };
      await annotate(kube, GitRepositories, key, { [nudgeAnnotation]: new Date(now).toISOString() });
    },
  };
}

function ownerIn(labels: Readonly<Record<string, string>>, group: string): Required<ObjectKey> | undefined {
  const name = labels[`${group}/name`] ?? '';
  const namespace = labels[`${group}/namespace`] ?? '';
  return name === '' || namespace === '' ? undefined : { name, namespace };
}
