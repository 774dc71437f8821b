/** Where a workload's manifests are kept: what its GitOps agent says, held against what the platform team allows, or the Canary's own path. */
import { repositoryDenial } from '../api/manifest-repository.ts';
import type { ManifestRepository } from '../api/parse.ts';
import type { Told, TracedSource } from '../trace/port.ts';
import { type Place, PlaceError, type Target } from './found-place.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';
import { accessFor, specOf } from './repository.ts';
import { isSameRepository, repositoryName } from './repository-url.ts';
import { searchPlace, withScope } from './scope.ts';
import type { GitSettings } from './spec-model.ts';

/** The target with what an agent wrote on it; undefined where there is none. */
export function targetOf(model: Model, ports: Ports): Target | undefined {
  const { target } = ports.workload.observe(model.workload);
  const { kind, name } = model.workload.target;
  if (target === undefined) return undefined;
  const { labels = {}, annotations } = target;
  const images = Object.values(target.images);
  return { group: 'apps', kind, name, namespace: model.key.namespace, labels, annotations, images };
}

/** Asks anew each time. Rejects with `PlaceError` where asking again does not help, else as the API client and `accessFor` do. */
export async function findPlace(model: Model, git: GitSettings, ports: Ports): Promise<Place> {
  const target = targetOf(model, ports);
  const trace =
    target === undefined
      ? { told: false as const, why: 'the target does not exist' }
      : await ports.tracer.trace(target);
  if (!trace.told) {
    const access = await accessFor(model, git, ports);
    if (git.path !== undefined) return { ...access, path: git.path };
    if (target === undefined)
      throw new PlaceError('PathUnknown', `spec.rollback.git.path must be set, since ${trace.why}`);
    return searchPlace(access, { target, why: trace.why }, ports);
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
  const access = await accessFor(model, git, ports, wanted);
  const told = { evidence, confidence, ...(commit === undefined ? {} : { commit }) };
  // A path of the Canary's own is narrower than that of an agent's object with many applications, and is taken as it is.
  if (git.path !== undefined) return { ...access, ...told, path: git.path };
  return withScope({ ...access, ...told, path: paths[0] }, paths.slice(1), ports);
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
