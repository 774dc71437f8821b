/** Traces what Flux's kustomize-controller applied: from the workload's labels to its Kustomization, its GitRepository and the commit. */
import type { z } from 'zod';
import { ApiError, isConflict } from '../runtime/errors.ts';
import type { KubeClient, KubeObject, ObjectKey, Resource } from '../runtime/port.ts';
import { GitRepositories, GitRepositoryObject, KustomizationObject, Kustomizations } from './flux-objects.ts';
import { branchOf, commitOf, plainPath } from './flux-revision.ts';
import type { AppliedWorkload, NotTold, Trace, Tracer } from './port.ts';

const nameLabel = 'kustomize.toolkit.fluxcd.io/name';
const namespaceLabel = 'kustomize.toolkit.fluxcd.io/namespace';
const nudgeAnnotation = 'reconcile.fluxcd.io/requestedAt';
const mostConflicts = 3;

export function createFluxTracer({ kube }: { readonly kube: KubeClient }): Tracer {
  return {
    isClaimed: workload => ownerOf(workload) !== undefined,

    async trace(workload) {
      const owner = ownerOf(workload);
      if (owner === undefined)
        return no(`${workload.kind} ${workload.name} has no label ${nameLabel}, so Flux did not apply it`);
      const what = `Kustomization ${owner.namespace}/${owner.name}`;
      const kustomization = await read(kube, Kustomizations, owner, KustomizationObject);
      if ('why' in kustomization) return kustomization;
      const { spec, status } = kustomization;
      const id = [workload.namespace, workload.name, workload.group, workload.kind].join('_');
      // Labels are copied along with manifests; the inventory is Flux's own.
      if (!status.inventory.entries.some(entry => entry.id === id))
        return no(`the inventory of ${what} does not list ${workload.kind} ${workload.name}`);
      if (spec.sourceRef.kind !== 'GitRepository')
        return no(
          `${what} is made from ${spec.sourceRef.kind} ${spec.sourceRef.name}, which names no commit`,
        );
      const key = sourceOf(owner, kustomization);
      const source = await read(kube, GitRepositories, key, GitRepositoryObject);
      if ('why' in source) return source;
      const followed = branchOf(source);
      if ('pinned' in followed) {
        return no(
          `GitRepository ${key.namespace}/${key.name} follows ${followed.pinned}, which no commit on a branch changes`,
        );
      }
      const revision = revisionOf(status);
      const commit = commitOf(revision);
      if (commit === undefined) return no(`${what} does not tell the commit it applied`);
      const isWhole = spec.components.length === 0 && (spec.postBuild?.substituteFrom ?? []).length === 0;
      return {
        told: true,
        url: source.spec.url,
        branch: followed.branch,
        path: plainPath(spec.path),
        commit,
        confidence: isWhole ? 'High' : 'Medium',
        // No more than a status can hold.
        evidence: `${what} at ${revision}`.slice(0, 1024),
      };
    },

    async nudge(workload, now) {
      const owner = ownerOf(workload);
      if (owner === undefined) return;
      const kustomization = await read(kube, Kustomizations, owner, KustomizationObject);
      if ('why' in kustomization || kustomization.spec.sourceRef.kind !== 'GitRepository') return;
      await annotate(kube, sourceOf(owner, kustomization), new Date(now).toISOString());
    },
  };
}

function ownerOf({ labels }: AppliedWorkload): Required<ObjectKey> | undefined {
  const name = labels[nameLabel] ?? '';
  const namespace = labels[namespaceLabel] ?? '';
  return name === '' || namespace === '' ? undefined : { name, namespace };
}

function sourceOf(owner: Required<ObjectKey>, { spec }: KustomizationObject): Required<ObjectKey> {
  return { name: spec.sourceRef.name, namespace: spec.sourceRef.namespace ?? owner.namespace };
}

/**
 * The attempted revision is set before anything is applied, the applied one only after health checks: with `wait: true`
 * a canary is judged while the applied one is still the release before. The attempted one counts, unless it could
 * not be built: then nothing of it reached the cluster.
 */
function revisionOf({ conditions, ...status }: KustomizationObject['status']): string {
  const { lastAppliedRevision = '', lastAttemptedRevision = '' } = status;
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (lastAttemptedRevision === '' || ready?.reason === 'BuildFailed') return lastAppliedRevision;
  return lastAttemptedRevision;
}

async function read<T extends object>(
  kube: KubeClient,
  resource: Resource,
  key: Required<ObjectKey>,
  schema: z.ZodType<T>,
): Promise<T | NotTold> {
  const what = `${resource.kind} ${key.namespace}/${key.name}`;
  let object: KubeObject | undefined;
  try {
    object = await kube.get(resource, key);
  } catch (error) {
    // The right is optional: without it a Canary names its path itself.
    if (error instanceof ApiError && error.status === 403) return no(`Siskin may not read ${what}`);
    throw error;
  }
  if (object === undefined) return no(`${what} does not exist`);
  const parsed = schema.safeParse(object);
  return parsed.success ? parsed.data : no(`${what} is of a form that Siskin does not know`);
}

/** Flux writes the same object, so a conflict is nothing unusual. */
async function annotate(kube: KubeClient, key: ObjectKey, value: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const object = await kube.get(GitRepositories, key);
    if (object === undefined) return;
    const { resourceVersion } = object.metadata;
    try {
      await kube.patch(GitRepositories, key, {
        metadata: { resourceVersion, annotations: { [nudgeAnnotation]: value } },
      });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt >= mostConflicts) throw error;
    }
  }
}

function no(why: string): Extract<Trace, { told: false }> {
  return { told: false, why };
}
