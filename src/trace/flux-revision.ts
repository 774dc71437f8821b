/** Flux's words for places in Git: revisions, references and paths. */
import type { GitRepositoryObject } from './flux-objects.ts';

/** The commit of `main@sha1:…`, `sha1:…` or, as Flux wrote before 2.0, `main/…`; undefined for anything else. */
export function commitOf(revision: string): string | undefined {
  const match =
    /^(?:[^@]*@)?(?:sha1:([0-9a-f]{40})|sha256:([0-9a-f]{64}))$/u.exec(revision) ??
    /^(?:.*\/)?([0-9a-f]{40})$/u.exec(revision);
  return match?.[1] ?? match?.[2];
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

/** Flux reads `./apps`, `/apps/` and `apps` alike. */
export function plainPath(path: string): string {
  return path
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/');
}
