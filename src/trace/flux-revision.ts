/** Flux's words for places in Git: revisions and references. */
import type { GitRepositoryObject, KustomizationObject } from './flux-objects.ts';

/** The commit of `main@sha1:…`, `sha1:…` or, as Flux wrote before 2.0, `main/…`; undefined for anything else. */
export function commitOf(revision: string): string | undefined {
  const match =
    /^(?:[^@]*@)?(?:sha1:([0-9a-f]{40})|sha256:([0-9a-f]{64}))$/u.exec(revision) ??
    /^(?:.*\/)?([0-9a-f]{40})$/u.exec(revision);
  return match?.[1] ?? match?.[2];
}

/** The branch in such a revision; undefined where there is none, or a version, which is a tag's name. */
export function branchIn(revision: string): string | undefined {
  const name =
    /^(.+)@sha(?:1|256):[0-9a-f]+$/u.exec(revision)?.[1] ?? /^(.+)\/[0-9a-f]{40}$/u.exec(revision)?.[1];
  return name === undefined || /^v?\d+\.\d+/u.test(name) ? undefined : name.replace(/^refs\/heads\//u, '');
}

/** The branch that is followed, or for people what is followed instead. In Flux's own order, where several are set. */
export function branchOf({ spec }: GitRepositoryObject): { branch: string } | { pinned: string } {
  const { commit, name, semver, tag, branch = 'master' } = spec.ref;
  if (commit !== undefined && commit !== '') return { pinned: `commit ${commit}` };
  if (name !== undefined && name !== '') {
    const head = /^refs\/heads\/(.+)$/u.exec(name)?.[1];
    return head === undefined ? { pinned: name } : { branch: head };
  }
  if (semver !== undefined && semver !== '') return { pinned: `tags in the range ${semver}` };
  if (tag !== undefined && tag !== '') return { pinned: `tag ${tag}` };
  return { branch };
}

/**
 * The attempted revision is set before anything is applied, the applied one only after health checks: with `wait: true`
 * a canary is judged while the applied one is still the release before. The attempted one counts, unless it could
 * not be built: then nothing of it reached the cluster, and the newest entry of the history was the last that did.
 */
export function revisionOf({ conditions, history, ...status }: KustomizationObject['status']): string {
  const { lastAppliedRevision = '', lastAttemptedRevision = '' } = status;
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (lastAttemptedRevision !== '' && ready?.reason !== 'BuildFailed') return lastAttemptedRevision;
  return history[0]?.metadata.revision || lastAppliedRevision;
}

/** What Flux knows of the origin in Git of this revision of an artifact. */
export function originOf(status: KustomizationObject['status'], revision: string): string {
  const built = status.history.find(({ metadata }) => metadata.revision === revision);
  if (built !== undefined && built.metadata.originRevision !== '') return built.metadata.originRevision;
  return status.lastAppliedRevision === revision ? (status.lastAppliedOriginRevision ?? '') : '';
}
