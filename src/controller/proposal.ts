/** The revert as a pull request: one for each failed revision, looked after until it is merged, closed or no longer needed. */
import type { RollbackStatus } from '../api/run-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import { type ForgeAccess, ForgeError, type PullRequest } from '../forge/port.ts';
import type { RevertRequest, RevertResult } from '../git/port.ts';
import type { Place } from './found-place.ts';
import { markedPull } from './merge-mark.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';
import { proposalBranch, proposalText } from './proposal-text.ts';
import type { Access } from './repository.ts';

export type ProposalStatus = NonNullable<RollbackStatus['pullRequest']>;

/** The end of it, or the pull request that is open. */
export type Proposed =
  | { readonly kind: 'ended'; readonly result: RevertResult; readonly pullRequest?: ProposalStatus }
  | { readonly kind: 'open'; readonly result: RevertResult; readonly pullRequest: ProposalStatus };

export interface ProposalWork {
  readonly model: Model;
  readonly rollback: RollbackStatus;
  readonly place: Place;
  readonly request: Omit<RevertRequest, 'mode'>;
}

/** Rejects as the Git port and the forge do; calling again is safe at any point. */
export async function propose(work: ProposalWork, ports: Ports): Promise<Proposed> {
  const { rollback, place } = work;
  const access = accessOf(place);
  const branch = proposalBranch(place.spec.pullRequest.branchPrefix, work.model.key, rollback.id);
  const known = rollback.pullRequest;
  const found =
    known === undefined
      ? await ports.forge.find(access, { branch, base: place.branch })
      : await ports.forge.get(access, known.number);
  if (found?.state === 'Merged') return ended(merged(found, known), found, branch, known);
  if (found?.state === 'Closed') return ended(await afterClosing(work, found, ports), found, branch, known);
  const { autoMerge } = place.spec.pullRequest;
  const result = await ports.git.revert({
    ...work.request,
    mode: 'PullRequest',
    proposal: { branch, refresh: autoMerge ? 'Always' : 'Needed' },
  });
  if (result.verdict === 'Proposed') return look(work, { access, branch, found, result }, ports);
  if (found === undefined) return { kind: 'ended', result };
  // A limit or a switch stops what is new; what was asked already may be answered.
  if (result.verdict === 'Held') return stillOpen(found, result, branch, known);
  if (result.verdict === 'AlreadyReverted') {
    const now = await markedPull(access, found.number, ports);
    if (now.state === 'Merged') return ended(merged(now, known), now, branch, known);
  }
  await ports.forge.close(access, found.number, `${result.message} Siskin no longer asks for this revert.`);
  return ended(result, { ...found, state: 'Closed' }, branch, known);
}

/** Closes what nobody needs any more. Rejects as the forge does. */
export async function closeProposal(place: Access, number: number, why: string, ports: Ports): Promise<void> {
  await ports.forge.close(accessOf(place), number, why);
}

function accessOf({ repository, forge }: Access): ForgeAccess {
  if (forge !== undefined) return forge;
  throw new ForgeError(
    'InvalidRequest',
    `ManifestRepository ${repository.name}: spec.provider must be set, since the host of its url is none that is known`,
    { transient: false },
  );
}

interface Look {
  readonly access: ForgeAccess;
  readonly branch: string;
  readonly found: PullRequest | undefined;
  readonly result: RevertResult;
}

async function look(
  work: ProposalWork,
  { access, branch, found, result }: Look,
  ports: Ports,
): Promise<Proposed> {
  const { model, rollback, place, request } = work;
  const { labels, reviewers, autoMerge } = place.spec.pullRequest;
  const { clusterName } = ports.settings;
  const text = proposalText(model, {
    rollback,
    run: model.canary.status.run?.id === rollback.runId ? model.canary.status.run : undefined,
    path: request.path,
    failedCommit: request.failed.commit,
    goodCommit: request.good.commit,
    files: result.files,
    ...(request.evidence === undefined ? {} : { evidence: request.evidence }),
    ...(clusterName === undefined ? {} : { cluster: clusterName }),
  });
  const notes: string[] = [];
  let pull = found;
  if (pull === undefined) {
    const opened = await ports.forge.open(access, { ...text, branch, base: place.branch, labels, reviewers });
    notes.push(...opened.notes);
    pull = opened;
  } else if (result.moved === true) {
    await ports.forge.update(access, pull.number, text);
  }
  const head = result.commit ?? pull.head;
  const before = rollback.pullRequest;
  const asked = before?.autoMerge === true && before.head === head;
  const accepted = autoMerge && !asked ? await tryAutoMerge(access, pull.number, head, notes, ports) : asked;
  const note = notes.length > 0 ? notes.join('; ') : accepted ? undefined : before?.note;
  return {
    kind: 'open',
    result: { ...result, message: asks(pull.number, pull.url) },
    pullRequest: {
      number: pull.number,
      url: pull.url.slice(0, 2048),
      state: 'Open',
      branch,
      head,
      ...(accepted ? { autoMerge: true } : {}),
      ...(note === undefined ? {} : { note: note.slice(0, statusLimits.message) }),
    },
  };
}

/** Hosts look at a new pull request for a while before they take such wishes, so a refusal is only noted and tried again at the next look. */
async function tryAutoMerge(
  access: ForgeAccess,
  number: number,
  head: string,
  notes: string[],
  ports: Ports,
): Promise<boolean> {
  try {
    await ports.forge.autoMerge(access, number, head);
    return true;
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    notes.push(`auto-merge: ${error.message}`);
    return false;
  }
}

function merged({ number, mergeCommit, head }: PullRequest, known: ProposalStatus | undefined): RevertResult {
  const commit = mergeCommit ?? (head === '' ? known?.head : head);
  return {
    verdict: 'Reverted',
    message: `Pull request #${number} was merged.`,
    files: [],
    ...(commit === undefined ? {} : { commit }),
  };
}

/** Whoever closed it has decided, unless Git is good already. */
async function afterClosing(
  { request }: ProposalWork,
  { number, url }: PullRequest,
  ports: Ports,
): Promise<RevertResult> {
  const plan = await ports.git.revert({ ...request, mode: 'DryRun' });
  if (plan.verdict !== 'Reverted') return plan;
  const message = `Pull request #${number} was closed without being merged, so Git still asks for the revision that failed: ${url}`;
  return { verdict: 'Held', message, files: [] };
}

function stillOpen(
  { number, url, head }: PullRequest,
  { files }: RevertResult,
  branch: string,
  known: ProposalStatus | undefined,
): Proposed {
  return {
    kind: 'open',
    result: { verdict: 'Proposed', message: asks(number, url), files },
    pullRequest: known ?? { number, url: url.slice(0, 2048), state: 'Open', branch, head },
  };
}

function asks(number: number, url: string): string {
  return `Pull request #${number} asks for the revert: ${url}`;
}

function ended(
  result: RevertResult,
  { number, url, state, head }: PullRequest,
  branch: string,
  known: ProposalStatus | undefined,
): Proposed {
  const pullRequest = {
    number,
    url: url.slice(0, 2048),
    state,
    branch,
    head: head === '' ? (known?.head ?? '') : head,
  };
  return { kind: 'ended', result, pullRequest };
}
