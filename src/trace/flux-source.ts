/** From a Kustomization to places in Git: its GitRepository, or the origin that an OCI artifact names. */
import type { KubeClient, ObjectKey } from '../runtime/port.ts';
import { evidenceOf, notTold, readAgentObject } from './agent-object.ts';
import {
  GitRepositories,
  GitRepositoryObject,
  type HelmReleaseObject,
  type KustomizationObject,
  OciRepositories,
  OciRepositoryObject,
} from './flux-objects.ts';
import { branchIn, branchOf, commitOf, originOf, revisionOf } from './flux-revision.ts';
import { narrowed, originIn } from './origin.ts';
import { isWithin, plainPath, resolvePath } from './path.ts';
import type { AppliedWorkload, Confidence, Trace } from './port.ts';

/** Keys of the OCI image specification, annotations. */
const ociSource = 'org.opencontainers.image.source';
const ociRevision = 'org.opencontainers.image.revision';

interface Applied {
  readonly key: Required<ObjectKey>;
  readonly kustomization: KustomizationObject;
  readonly release?: { readonly key: Required<ObjectKey>; readonly object: HelmReleaseObject };
}

export async function fluxSources(
  kube: KubeClient,
  applied: Applied,
  workload: AppliedWorkload,
): Promise<Trace> {
  const { key, kustomization } = applied;
  const { sourceRef } = kustomization.spec;
  const source = { name: sourceRef.name, namespace: sourceRef.namespace ?? key.namespace };
  if (sourceRef.kind === GitRepositories.kind) return fromGit(kube, applied, source, workload);
  if (sourceRef.kind === OciRepositories.kind) return fromArtifact(kube, applied, source, workload);
  return notTold(
    `${nameOf(applied)} is made from ${sourceRef.kind} ${sourceRef.name}, which names no commit`,
  );
}

async function fromGit(
  kube: KubeClient,
  applied: Applied,
  key: Required<ObjectKey>,
  workload: AppliedWorkload,
): Promise<Trace> {
  const source = await readAgentObject(kube, GitRepositories, key, GitRepositoryObject);
  if ('why' in source) return source;
  const follows = branchOf(source);
  if ('pinned' in follows) {
    return notTold(
      `GitRepository ${key.namespace}/${key.name} follows ${follows.pinned}, which no commit on a branch changes`,
    );
  }
  const revision = revisionOf(applied.kustomization.status);
  const commit = commitOf(revision);
  if (commit === undefined) return notTold(`${nameOf(applied)} does not tell the commit it applied`);
  return {
    told: true,
    sources: [
      {
        url: source.spec.url,
        branch: follows.branch,
        paths: pathsOf(applied, workload),
        commit,
        confidence: confidenceOf(applied),
        evidence: evidenceFor(applied, revision),
      },
    ],
  };
}

/** The artifact's own metadata where it still is the one that was applied, else what the Kustomization noted of it. */
async function fromArtifact(
  kube: KubeClient,
  applied: Applied,
  key: Required<ObjectKey>,
  workload: AppliedWorkload,
): Promise<Trace> {
  const what = `OCIRepository ${key.namespace}/${key.name}`;
  const source = await readAgentObject(kube, OciRepositories, key, OciRepositoryObject);
  if ('why' in source) return source;
  const { status } = applied.kustomization;
  const revision = revisionOf(status);
  const { artifact } = source.status;
  const url = artifact?.metadata[ociSource] ?? '';
  const own = artifact?.revision === revision ? (artifact.metadata[ociRevision] ?? '') : '';
  const origin = own === '' ? originOf(status, revision) : own;
  const commit = commitOf(origin);
  if (url === '' || commit === undefined)
    return notTold(
      `${what} tells no origin in Git for ${revision}; publish it with flux push artifact --source and --revision`,
    );
  const branch = branchIn(origin);
  return {
    told: true,
    sources: [
      {
        url,
        ...(branch === undefined ? {} : { branch }),
        paths: pathsOf(applied, workload),
        commit,
        // Whoever published it says so, and from which folder it was made nobody says.
        confidence: 'Medium',
        evidence: evidenceFor(applied, `${revision}, published from ${origin}`),
      },
    ],
  };
}

/**
 * A Kustomization of many applications is cut to the workload's own folder, where the workload says from which file it
 * came; a chart in the same repository counts too.
 */
function pathsOf({ key, kustomization, release }: Applied, workload: AppliedWorkload): [string, ...string[]] {
  const base = plainPath(kustomization.spec.path);
  if (release === undefined) return [narrowed(base, originIn(workload.annotations))];
  const chart = release.object.spec.chart?.spec;
  const { sourceRef } = kustomization.spec;
  const isSame =
    chart?.sourceRef.kind === sourceRef.kind &&
    chart.sourceRef.name === sourceRef.name &&
    (chart.sourceRef.namespace ?? release.key.namespace) === (sourceRef.namespace ?? key.namespace);
  const folder = isSame ? resolvePath('', chart.chart) : undefined;
  return folder === undefined || isWithin(base, folder) ? [base] : [base, folder];
}

function confidenceOf({ kustomization, release }: Applied): Confidence {
  const { components, postBuild } = kustomization.spec;
  const isWhole = components.length === 0 && (postBuild?.substituteFrom ?? []).length === 0;
  return isWhole && release === undefined ? 'High' : 'Medium';
}

function nameOf({ key }: Applied): string {
  return `Kustomization ${key.namespace}/${key.name}`;
}

function evidenceFor(applied: Applied, revision: string): string {
  const { release } = applied;
  const by = release === undefined ? '' : `HelmRelease ${release.key.namespace}/${release.key.name} of `;
  return evidenceOf(`${by}${nameOf(applied)} at ${revision}`);
}
