/** Plans a promotion: the files with the version written, at the branch's head, or a reason why not. */
import { createHash } from 'node:crypto';
import type { Git } from './git.ts';
import { isAllowed } from './globs.ts';
import { changesBetween } from './objects.ts';
import type { PromotionRequest, PromotionResult, PromotionVerdict } from './promotion.ts';
import { editedTree } from './promotion-files.ts';
import { promotionsIn, revertOf } from './promotion-history.ts';

export interface PromotionPlan {
  readonly verdict: 'Promoted';
  readonly message: string;
  /** The root tree of the commit to make on top of the head. */
  readonly tree: string;
  readonly files: readonly string[];
}

const hourMs = 3_600_000;

/** Writes objects into the mirror and moves no ref. `now` in milliseconds since the epoch. */
export async function planPromotion(
  git: Git,
  request: PromotionRequest,
  { tip, now }: { readonly tip: string; readonly now: number },
): Promise<PromotionPlan | PromotionResult> {
  const { target, repository } = request;
  const promotions = await promotionsIn(git, tip);
  const mine = promotions.filter(({ line }) => line === lineOf(request));
  const done = mine.find(({ id }) => id === request.promotionId);
  if (done !== undefined) {
    const message = `It is in the branch already, as ${short(done.commit)}.`;
    return { ...no('AlreadyPromoted', message), commit: done.commit };
  }
  const later = mine.find(({ promotedAt }) => promotedAt > request.promotedAt);
  if (later !== undefined)
    return no('Superseded', `${target} got a later promotion already, as ${short(later.commit)}.`);

  const edited = await editedTree(git, tip, request.edits);
  if (!edited.ok) return no('Refused', `${edited.why}.`, edited.files);
  const changes = await changesBetween(git, tip, edited.tree);
  const files = changes.map(({ path }) => path);
  if (files.length === 0) return no('AlreadyPromoted', `${target} asks for this version already.`);

  const version = versionOf(request);
  for (const { commit } of mine.filter(other => other.version === version)) {
    const revert = await revertOf(git, commit, tip);
    if (revert !== undefined) {
      const message = `${target} had this version and it was reverted there, by ${short(revert)}; another version has to pass first.`;
      return no('Held', message, files);
    }
  }
  const violation = scopeViolation(request, changes, edited.files);
  if (violation !== undefined) return no('Refused', violation, files);
  const recent = promotions.filter(({ committedAt }) => committedAt > now - hourMs).length;
  if (recent >= request.promotionsPerHour) {
    const message = `The branch has ${recent} promotions of the last hour; the limit is ${request.promotionsPerHour}.`;
    return no('LimitReached', message, files);
  }
  const where = files.length === 1 ? files[0] : `${files.length} files`;
  const message = `Written to ${where} on branch ${request.branch} of ${repository.name}.`;
  return { verdict: 'Promoted', message, tree: edited.tree, files };
}

function no(
  verdict: Exclude<PromotionVerdict, 'Promoted'>,
  message: string,
  files: readonly string[] = [],
): PromotionResult {
  return { verdict, message, files };
}

/** Looks at the computed difference, not at the request: the last word on what may be written. */
function scopeViolation(
  { repository }: PromotionRequest,
  changes: Awaited<ReturnType<typeof changesBetween>>,
  edited: readonly string[],
): string | undefined {
  const { allowedPaths, limits } = repository;
  const outside = changes.find(({ path }) => !isAllowed(allowedPaths, path) || !edited.includes(path));
  if (outside !== undefined)
    return `It would change ${outside.path}, which is outside of the allowed paths of ManifestRepository ${repository.name}.`;
  if (changes.some(({ from, to }) => from === undefined || from.mode !== to?.mode))
    return 'It would add or remove a file, or change its mode.';
  if (changes.length > limits.maxFiles)
    return `It would change ${changes.length} files; the limit is ${limits.maxFiles}.`;
  return undefined;
}

/** What a promotion is one of: later ones in the same line replace earlier ones. */
export function lineOf({ canary, target }: PromotionRequest): string {
  return `${canary.namespace}/${canary.name}/${target}`;
}

/** The same for the same values in the same places. */
export function versionOf({ edits }: PromotionRequest): string {
  return createHash('sha256').update(JSON.stringify(edits)).digest('hex').slice(0, 32);
}

function short(commit: string): string {
  return commit.slice(0, 12);
}
