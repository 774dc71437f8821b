/** Where a workload's manifests are kept: what its GitOps agent says, held against what the platform team allows, or the Canary's own path. */
import { repositoryDenial } from '../api/manifest-repository.ts';
import type { AppliedWorkload } from '../trace/port.ts';
import type { GitSettings, Model } from './model.ts';
import type { Ports } from './ports.ts';
import { type Access, accessFor, specOf } from './repository.ts';
import { isSameRepository, repositoryName } from './repository-url.ts';

export interface Place extends Access {
  readonly path: string;
  /** What the agent applied. */
  readonly commit?: string;
  readonly evidence?: string;
  readonly confidence?: 'High' | 'Medium';
}

/** Why no place can be used until somebody changes an object. */
export class PlaceError extends Error {
  readonly reason: 'PathUnknown' | 'RepositoryMismatch' | 'BranchMismatch';

  constructor(reason: PlaceError['reason'], message: string) {
    super(message);
    this.name = 'PlaceError';
    this.reason = reason;
  }
}

/** The target with what an agent wrote on it; undefined where there is none. */
export function targetOf(model: Model, ports: Ports): AppliedWorkload | undefined {
  const { target } = ports.workload.observe(model.workload);
  const { kind, name } = model.workload.target;
  if (target === undefined) return undefined;
  return { group: 'apps', kind, name, namespace: model.key.namespace, labels: target.labels ?? {} };
}

/** Asks anew each time. Rejects with `PlaceError` where asking again does not help, else as the API client and `accessFor` do. */
export async function findPlace(model: Model, git: GitSettings, ports: Ports): Promise<Place> {
  const target = targetOf(model, ports);
  const trace =
    target === undefined
      ? { told: false as const, why: 'the target does not exist' }
      : await ports.tracer.trace(target);
  if (!trace.told) {
    if (git.path === undefined)
      throw new PlaceError('PathUnknown', `spec.rollback.git.path must be set, since ${trace.why}`);
    return { ...(await accessFor(model, git, ports)), path: git.path };
  }
  const { branch, commit, evidence, confidence } = trace;
  const spec = specOf(git, ports);
  const what = `ManifestRepository ${git.repository}`;
  if (!isSameRepository(trace.url, spec.url)) {
    throw new PlaceError(
      'RepositoryMismatch',
      `${what} is ${repositoryName(spec.url)}, but ${evidence} is from ${repositoryName(trace.url)}`,
    );
  }
  const denial =
    git.branch === undefined || git.branch === branch
      ? repositoryDenial(spec, { namespace: model.key.namespace, branch })
      : `spec.rollback.git.branch is ${git.branch}`;
  if (denial !== undefined) {
    throw new PlaceError('BranchMismatch', `${what}: ${denial}, but ${evidence} is from branch ${branch}`);
  }
  // A path of the Canary's own is narrower than that of a Kustomization with many applications.
  const path = git.path ?? trace.path;
  return { ...(await accessFor(model, git, ports, branch)), path, commit, evidence, confidence };
}
