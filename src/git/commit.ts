/** Makes the revert's commit from nothing but the request and the plan, so that every replica makes the same object. */
import { commitTree } from './commit-tree.ts';
import type { Git } from './git.ts';
import { idTrailer, type NamedCommit } from './history.ts';
import type { RevertRequest } from './port.ts';
import { oneLine } from './redact.ts';
import type { Signer } from './sign.ts';

/** A range longer than this is not spelled out; the first and the last commit tell enough. */
const mostNamed = 20;

/** Answers the object name; the commit is in the mirror and on no branch. */
export async function commitRevert(
  git: Git,
  request: RevertRequest,
  plan: {
    readonly tip: string;
    readonly tree: string;
    readonly undone: readonly NamedCommit[];
    readonly restored: readonly string[];
  },
  sign: Signer | undefined,
): Promise<string> {
  return commitTree(git, {
    tree: plan.tree,
    parents: [plan.tip],
    message: revertMessage(request, plan),
    identity: request.repository.commit,
    date: request.decidedAt,
    sign,
  });
}

/**
 * Subject and "This reverts commit" as git-revert(1) writes them, since hosts link them; then the reason; then trailers
 * in the last paragraph, where git-interpret-trailers(1) reads them.
 */
function revertMessage(
  request: RevertRequest,
  { undone, restored }: { readonly undone: readonly NamedCommit[]; readonly restored: readonly string[] },
): string {
  const { canary, repository } = request;
  const [only] = undone;
  const subject =
    only !== undefined && undone.length === 1
      ? `Revert "${oneLine(only.subject, 200)}"`
      : `Revert ${canary.namespace}/${canary.name} to ${request.good.commit.slice(0, 12)}`;
  const paths = [request.path, ...(request.failed.also ?? [])].map(path => oneLine(path, 200));
  const where = request.path === '' || request.scope === 'Commit' ? '' : ` (only ${paths.join(', ')})`;
  const named = undone.slice(0, mostNamed).map(({ commit, subject }) => {
    const title = undone.length === 1 ? '' : `: ${oneLine(subject, 100)}`;
    return `This reverts commit ${commit}${where}${title}.`;
  });
  if (undone.length > mostNamed) named.push(`And ${undone.length - mostNamed} earlier commits.`);
  const lost = restored.slice(0, mostNamed).map(file => `- ${oneLine(file, 300)}`);
  if (restored.length > mostNamed) lost.push(`- and ${restored.length - mostNamed} more`);
  const overwritten =
    lost.length === 0
      ? ''
      : `Later edits of these files stood in the way and are lost with this:\n${lost.join('\n')}`;
  const trailers = [
    `${idTrailer}: ${request.rollbackId}`,
    ...undone.slice(0, mostNamed).map(({ commit }) => `Rollback-Of: ${commit}`),
    `Siskin-Canary: ${canary.namespace}/${canary.name}`,
    `Siskin-Revision: ${request.revision}`,
    `Signed-off-by: ${repository.commit.name} <${repository.commit.email}>`,
  ];
  const applied =
    request.evidence === undefined ? '' : `It was applied by ${oneLine(request.evidence, 1000)}.`;
  return `${[subject, named.join('\n'), plainText(request.reason), applied, overwritten, trailers.join('\n')]
    .filter(paragraph => paragraph !== '')
    .join('\n\n')}\n`;
}

/** The reason without characters that a terminal would obey; its lines stay. At most 4000 characters. */
function plainText(text: string): string {
  return text
    .split(/\r?\n/u)
    .map(line => oneLine(line, 1000))
    .join('\n')
    .trim()
    .slice(0, 4000)
    .toWellFormed();
}
