/** A promotion as a pull request: one for each target, brought up to date by later promotions, until it is merged or closed. */
import { createHash } from 'node:crypto';
import type { PromotionStatus } from '../api/canary-status.ts';
import type { PromotionTarget } from '../api/promotion.ts';
import { type ForgeAccess, ForgeError, type PullRequest } from '../forge/port.ts';
import type { PromotionRequest, PromotionResult } from '../git/promotion.ts';
import { markedPull } from './merge-mark.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';
import { lastHookAt } from './proposal-wait.ts';
import { type Access, accessFor } from './repository.ts';

export type PullStatus = NonNullable<PromotionStatus['pullRequest']>;

/** `result.verdict` is `Proposed` while it is open. */
export interface Pulled {
  readonly result: PromotionResult;
  readonly pullRequest?: PullStatus;
}

export interface PullWork {
  readonly model: Model;
  readonly target: PromotionTarget;
  readonly promotion: PromotionStatus;
  readonly access: Access;
  readonly request: Omit<PromotionRequest, 'mode' | 'proposal'>;
}

/** Rejects as the Git port and the forge do; calling again is safe at any point. */
export async function promoteByPull(work: PullWork, ports: Ports): Promise<Pulled> {
  const { target, promotion, access, request } = work;
  const forge = forgeOf(access);
  const branch = branchOf(work);
  const known = promotion.pullRequest;
  const hookAt = lastHookAt(target.repositoryRef.name, ports);
  const found =
    known === undefined
      ? await ports.forge.find(forge, { branch, base: access.branch })
      : await ports.forge.get(forge, known.number);
  if (known !== undefined && found?.state === 'Merged') return { result: merged(found), pullRequest: known };
  if (known !== undefined && found?.state === 'Closed')
    return { result: await afterClosing(work, found, ports), pullRequest: known };
  const autoMerge = target.autoMerge || access.spec.pullRequest.autoMerge;
  const result = await ports.git.promote({
    ...request,
    mode: 'PullRequest',
    proposal: { branch, refresh: autoMerge ? 'Always' : 'Needed' },
  });
  const open = found?.state === 'Open' ? found : undefined;
  if (result.verdict === 'Proposed') {
    const { pull, isNew } = await opened(work, { forge, branch, open, result }, ports);
    const head = result.commit ?? pull.head;
    const asked = !isNew && known?.autoMerge === true && known.head === head;
    const accepted = autoMerge && !asked ? await tryAutoMerge(forge, pull.number, head, ports) : asked;
    const { number, url } = pull;
    const repository = target.repositoryRef.name;
    return {
      result: { ...result, message: `Pull request #${number} asks for it: ${url}` },
      pullRequest: {
        repository,
        number,
        url: url.slice(0, 512),
        head,
        ...(accepted ? { autoMerge: true } : {}),
        ...(hookAt === undefined ? {} : { hookAt }),
      },
    };
  }
  if (open !== undefined && result.verdict === 'AlreadyPromoted') {
    const now = await markedPull(forge, open.number, ports);
    if (now.state === 'Merged' && known !== undefined) return { result: merged(now), pullRequest: known };
  }
  const isOver =
    result.verdict === 'AlreadyPromoted' || result.verdict === 'Held' || result.verdict === 'Superseded';
  if (open !== undefined && isOver)
    await ports.forge.close(forge, open.number, `${result.message} Siskin no longer asks for it.`);
  return { result, ...(known === undefined ? {} : { pullRequest: known }) };
}

/** Closes what nobody needs any more. Rejects as the forge does. */
export async function closePull(
  model: Model,
  { repository, number }: PullStatus,
  why: string,
  ports: Ports,
): Promise<void> {
  await ports.forge.close(forgeOf(await accessFor(model, { repository }, ports)), number, why);
}

async function opened(
  work: PullWork,
  {
    forge,
    branch,
    open,
    result,
  }: { forge: ForgeAccess; branch: string; open: PullRequest | undefined; result: PromotionResult },
  ports: Ports,
): Promise<{ readonly pull: PullRequest; readonly isNew: boolean }> {
  const { access, promotion } = work;
  const text = { title: work.request.subject, body: bodyOf(work, result.files) };
  if (open === undefined) {
    const { labels, reviewers } = access.spec.pullRequest;
    return {
      pull: await ports.forge.open(forge, { ...text, branch, base: access.branch, labels, reviewers }),
      isNew: true,
    };
  }
  // Also where an earlier promotion opened it: its text speaks of another version.
  if (result.moved === true || promotion.pullRequest === undefined)
    await ports.forge.update(forge, open.number, text);
  return { pull: open, isNew: false };
}

/** Hosts take such wishes only after they have looked at a new pull request, so it is asked again at the next look. */
async function tryAutoMerge(
  forge: ForgeAccess,
  number: number,
  head: string,
  ports: Ports,
): Promise<boolean> {
  try {
    await ports.forge.autoMerge(forge, number, head);
    return true;
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    ports.log.info({ number, why: error.message }, 'auto-merge was not accepted');
    return false;
  }
}

function forgeOf({ repository, forge }: Access): ForgeAccess {
  if (forge !== undefined) return forge;
  throw new ForgeError(
    'InvalidRequest',
    `ManifestRepository ${repository.name}: spec.provider must be set, since the host of its url is none that is known`,
    { transient: false },
  );
}

/** The same for every promotion of this target: there is never a second pull request. */
function branchOf({ model, target, access }: PullWork): string {
  const { namespace, name } = model.key;
  const line = `${namespace}-${name}-${target.name}`;
  const id = createHash('sha256').update(`${namespace}/${name}/${target.name}`).digest('hex').slice(0, 8);
  return `${access.spec.pullRequest.branchPrefix.replace(/\/?$/u, '/')}promotion/${line.slice(0, 100).replace(/[.-]+$/u, '')}-${id}`;
}

function merged({ number, mergeCommit, head }: PullRequest): PromotionResult {
  const commit = mergeCommit ?? head;
  return {
    verdict: 'Promoted',
    message: `Pull request #${number} was merged.`,
    ...(commit === '' ? {} : { commit }),
    files: [],
  };
}

/** Whoever closed it has decided, unless the version is there already. */
async function afterClosing(
  { request }: PullWork,
  { number, url }: PullRequest,
  ports: Ports,
): Promise<PromotionResult> {
  const plan = await ports.git.promote({ ...request, mode: 'DryRun' });
  if (plan.verdict === 'AlreadyPromoted' || plan.verdict === 'Superseded') return plan;
  return {
    verdict: 'Held',
    message: `Pull request #${number} was closed without being merged: ${url}`,
    files: [],
  };
}

function bodyOf({ request, promotion, model }: PullWork, files: readonly string[]): string {
  const { namespace, name } = model.key;
  const images = Object.entries(model.canary.status.promoted?.images ?? {}).slice(0, 20);
  const rows = [
    ['Canary', `${namespace}/${name}`],
    ['Revision', promotion.revision],
    ['Serves there since', promotion.promotedAt],
    ...images.map(([container, image]) => [`Image of ${container}`, image]),
  ];
  return [
    'This version passed and is ready for the next environment.',
    [
      '| | |',
      '|---|---|',
      ...rows.map(([what = '', value = '']) => `| ${plain(what)} | ${code(value)} |`),
    ].join('\n'),
    'It changes:',
    files
      .slice(0, 20)
      .map(file => `- ${code(file)}`)
      .join('\n'),
    '**Merge it** to roll it out there. **Close it** to keep this version away; a later one asks again, in a new pull request.',
    `<!-- Promotion-Id: ${request.promotionId.replaceAll('--', '-')} -->`,
  ].join('\n\n');
}

/** Code is what no host reads mentions, links or pictures from. */
function code(text: string): string {
  return `\`${plain(text).replaceAll('`', "'")}\``;
}

function plain(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll('|', '\\|')
    .trim()
    .slice(0, 500);
}
