/** Places in Git, as the records of runs and promotions hold them. */
import type { RollbackStatus } from '../api/run-status.ts';

export type GitPlace = NonNullable<RollbackStatus['good']>;

/** A place in Git, where all of it is known. */
export function placeOf(git: Partial<GitPlace> | undefined): GitPlace | undefined {
  const { head, commit, tree } = git ?? {};
  return head === undefined || commit === undefined || tree === undefined
    ? undefined
    : { ...partOf(git), head, commit, tree };
}

/** As much of a place as is known. */
export function partOf({
  branch,
  path,
  also,
  evidence,
  confidence,
  head,
  commit,
  tree,
}: Partial<GitPlace> = {}): Partial<GitPlace> {
  return {
    ...(branch === undefined ? {} : { branch }),
    ...(path === undefined ? {} : { path }),
    ...(also === undefined ? {} : { also }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(head === undefined ? {} : { head }),
    ...(commit === undefined ? {} : { commit }),
    ...(tree === undefined ? {} : { tree }),
  };
}
