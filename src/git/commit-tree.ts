/** Makes commits from nothing but what is passed, without a checkout or an index. */
import type { Git } from './git.ts';

export interface CommitContent {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly identity: { readonly name: string; readonly email: string };
  /** Milliseconds since the epoch: author and committer date. */
  readonly date: number;
}

/** Answers the object name, the same for the same content; the commit is in the mirror and on no branch. */
export async function commitTree(git: Git, content: CommitContent): Promise<string> {
  const { name, email } = content.identity;
  const date = `@${Math.floor(content.date / 1000)} +0000`;
  const parents = content.parents.flatMap(parent => ['-p', parent]);
  const commit = await git(['commit-tree', ...parents, '-F', '-', content.tree], {
    input: content.message,
    environment: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: date,
    },
  });
  return commit.text;
}
