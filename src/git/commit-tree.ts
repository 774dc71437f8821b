/** Makes commits from nothing but what is passed, signed where a signer is, without a checkout or an index. */
import type { Git } from './git.ts';
import type { Signer } from './sign.ts';

export interface CommitContent {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly identity: { readonly name: string; readonly email: string };
  /** Milliseconds since the epoch: author and committer date. */
  readonly date: number;
  /** Undefined where commits are not signed. */
  readonly sign: Signer | undefined;
}

/**
 * Answers the object name; the commit is in the mirror and on no branch. Without a signature the same content gives the
 * same name; with one only where the key's algorithm is deterministic, as Ed25519 and RSA are in SSH signatures.
 */
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
  if (content.sign === undefined) return commit.text;
  const unsigned = (await git(['cat-file', 'commit', commit.text])).stdout;
  const header = commit.text.length === 64 ? 'gpgsig-sha256' : 'gpgsig';
  const signed = withHeader(unsigned, header, await content.sign(unsigned));
  return (await git(['hash-object', '-t', 'commit', '-w', '--stdin'], { input: signed })).text;
}

/** The header goes behind the others, its further lines indented by one blank (gitformat-signature(5)). */
function withHeader(commit: Buffer, header: string, value: string): Buffer {
  const end = commit.indexOf('\n\n') + 1;
  const lines = value.trimEnd().replaceAll('\r', '').split('\n').join('\n ');
  return Buffer.concat([commit.subarray(0, end), Buffer.from(`${header} ${lines}\n`), commit.subarray(end)]);
}
