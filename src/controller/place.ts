/** Where a workload's manifests are kept: what its GitOps agent says, held against what the platform team allows, or the Canary's own path. */
import { repositoryDenial } from '../api/manifest-repository.ts';
import type { ManifestRepository } from '../api/parse.ts';
import type { AppliedWorkload, Confidence, Told, TracedSource } from '../trace/port.ts';
import type { GitSettings, Model } from './model.ts';
import type { Ports } from './ports.ts';
import { type Access, accessFor, specOf } from './repository.ts';
import { isSameRepository, repositoryName } from './repository-url.ts';

export interface Place extends Access {
  readonly path: string;
  /** What the agent applied. */
  readonly commit?: string;
  readonly evidence?: string;
  readonly confidence?: Confidence;
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
  const { labels = {}, annotations } = target;
  return { group: 'apps', kind, name, namespace: model.key.namespace, labels, annotations };
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
  const spec = specOf(git, ports);
  const { branch, commit, evidence, confidence, paths } = sourceOf(trace, git, spec);
  const what = `ManifestRepository ${git.repository}`;
  const wanted = branch ?? git.branch ?? spec.branch;
  const denial =
    git.branch === undefined || git.branch === wanted
      ? repositoryDenial(spec, { namespace: model.key.namespace, branch: wanted })
      : `spec.rollback.git.branch is ${git.branch}`;
  if (denial !== undefined) {
    throw new PlaceError('BranchMismatch', `${what}: ${denial}, but ${evidence} is from branch ${wanted}`);
  }
  return {
    ...(await accessFor(model, git, ports, wanted)),
    // A path of the Canary's own is narrower than that of an agent's object with many applications.
    path: git.path ?? paths[0],
    evidence,
    confidence,
    ...(commit === undefined ? {} : { commit }),
  };
}

/** The one source that lies in the Canary's repository; what an agent says never leads to another one. */
function sourceOf({ sources }: Told, git: GitSettings, spec: ManifestRepository['spec']): TracedSource {
  const what = `ManifestRepository ${git.repository}`;
  const within = sources.filter(({ url }) => url === undefined || isSameRepository(url, spec.url));
  const [first, second] = within;
  if (first === undefined) {
    const [{ url = '', evidence }] = sources;
    throw new PlaceError(
      'RepositoryMismatch',
      `${what} is ${repositoryName(spec.url)}, but ${evidence} is from ${repositoryName(url)}`,
    );
  }
  if (second === undefined) return first;
  const { path } = git;
  const named =
    path === undefined ? undefined : within.find(({ paths }) => paths.some(one => overlap(one, path)));
  if (named !== undefined) return named;
  throw new PlaceError(
    'PathUnknown',
    `spec.rollback.git.path must be set, since ${first.evidence} and ${second.evidence} are both from ${what}`,
  );
}

function overlap(one: string, other: string): boolean {
  return one === '' || one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}
