/** Promotion to the next environment: once it has soaked and a window is open, the version that passed is committed there, once. */
import type { OutboxEntry, PromotionStatus } from '../api/canary-status.ts';
import type { PromotionTarget } from '../api/promotion.ts';
import { promotionEntryId } from '../core/next-environments.ts';
import { millis } from '../core/status.ts';
import { nextOpening } from '../core/windows.ts';
import { mayWrite, type Permission } from './breaker.ts';
import { isRefusal, type Model, readCanary } from './model.ts';
import { settle } from './outbox.ts';
import type { Ports } from './ports.ts';
import { editsOf, needsDigest } from './promotion-edits.ts';
import { failed, finished, proposed, waiting } from './promotion-outcome.ts';
import { closePull, type Pulled, promoteByPull } from './promotion-pull.ts';
import { accessFor } from './repository.ts';
import { changeStatus } from './status.ts';

/** One try. Never rejects for what Git, the spec or the pods have to do with it: that goes into the status. */
export async function promote(model: Model, entry: OutboxEntry, ports: Ports): Promise<void> {
  const promotion = model.canary.status.promotions?.find(other => promotionEntryId(other) === entry.id);
  if (promotion === undefined) return changeStatus(model.key, status => settle(status, [entry.id]), ports);
  const target = targetOf(model, promotion);
  const outlived = outlivedBy(model, promotion);
  try {
    if (outlived !== undefined || target === undefined) {
      const { pullRequest } = promotion;
      if (pullRequest !== undefined && outlived !== undefined)
        await closePull(model, pullRequest, outlived.message, ports);
      return await finished(model, entry, promotion, outlived ?? gone, ports);
    }
    const now = ports.clock.now();
    // A pull request that is open may be merged at any time.
    const opensAt = promotion.state === 'Proposed' ? now : nextOpening(target.windows, now);
    if (opensAt > now) {
      const at = new Date(opensAt).toISOString();
      return await waiting(model, entry, { at, dueAt: at, why: `The time window opens at ${at}.` }, ports);
    }
    await concluded(model, entry, promotion, await write(model, target, promotion, ports), ports);
  } catch (error) {
    await failed(model, entry, promotion, error, ports);
  }
}

interface Written extends Pulled {
  readonly dryRun: boolean;
}

async function concluded(
  model: Model,
  entry: OutboxEntry,
  promotion: PromotionStatus,
  { result, pullRequest, dryRun }: Written,
  ports: Ports,
): Promise<void> {
  const { verdict, message, files, commit } = result;
  if (verdict === 'Refused') return failed(model, entry, promotion, new Error(message), ports);
  if (verdict === 'LimitReached' || verdict === 'NotPermitted')
    return waiting(model, entry, { why: message }, ports);
  const outcome = {
    message,
    files,
    ...(commit === undefined ? {} : { commit }),
    ...(pullRequest === undefined ? {} : { pullRequest }),
  };
  if (verdict === 'Proposed') return proposed(model, entry, promotion, outcome, ports);
  const written = verdict === 'AlreadyPromoted' ? 'Promoted' : verdict;
  const state = verdict === 'Promoted' && dryRun ? 'DryRun' : written;
  return finished(model, entry, promotion, { ...outcome, state }, ports);
}

async function write(
  model: Model,
  target: PromotionTarget,
  promotion: PromotionStatus,
  ports: Ports,
): Promise<Written> {
  const { key, canary, workload } = model;
  const { branch } = target;
  const place = { repository: target.repositoryRef.name, ...(branch === undefined ? {} : { branch }) };
  const access = await accessFor(model, place, ports);
  const written = canary.status.promoted?.images ?? {};
  const running = needsDigest(target, written) ? await ports.workload.runningImages(workload) : {};
  const images = Object.values(written).join(', ');
  const request = {
    repository: access.repository,
    branch: access.branch,
    edits: editsOf(target, { written, running }),
    canary: key,
    target: target.name,
    promotionId: promotion.id,
    revision: promotion.revision,
    subject: `Promote ${key.name} to ${target.name}`,
    reason: `${images} passed as revision ${promotion.revision} of ${key.namespace}/${key.name} and serves there since ${promotion.promotedAt}.`,
    promotedAt: millis(promotion.promotedAt),
    dueAt: millis(promotion.dueAt),
    promotionsPerHour: access.spec.limits.promotionsPerHour,
    mayPush: async () => permission(model, promotion, place.repository, ports),
  };
  const { mode } = access.spec;
  if (mode === 'DryRun')
    return { result: await ports.git.promote({ ...request, mode: 'DryRun' }), dryRun: true };
  if (target.strategy === 'PullRequest' || mode === 'PullRequest')
    return { ...(await promoteByPull({ model, target, promotion, access, request }, ports)), dryRun: false };
  return { result: await ports.git.promote({ ...request, mode: 'Commit' }), dryRun: false };
}

function targetOf({ canary }: Model, { target }: PromotionStatus): PromotionTarget | undefined {
  return canary.spec.promotion?.find(({ name }) => name === target);
}

const gone = { state: 'Superseded', message: 'spec.promotion no longer has this target.' } as const;

/** Why there is nothing left to promote. */
function outlivedBy(
  model: Model,
  promotion: PromotionStatus,
): { readonly state: 'Superseded' | 'Held'; readonly message: string } | undefined {
  const { promoted, quarantine } = model.canary.status;
  const { revision } = promotion;
  const failure = quarantine?.find(entry => entry.revision === revision);
  if (failure !== undefined)
    return { state: 'Held', message: `Revision ${revision} is quarantined: ${failure.reason}` };
  if (promoted?.revision !== revision)
    return { state: 'Superseded', message: `Revision ${revision} does not serve users here any more.` };
  return targetOf(model, promotion) === undefined ? gone : undefined;
}

/** Everything is looked at once more, as it is right before the push. */
function permission(
  { key }: Model,
  promotion: PromotionStatus,
  repository: string,
  ports: Ports,
): Permission {
  const object = ports.canaries.get(key);
  const now = object === undefined ? undefined : readCanary(object, ports.settings);
  if (now === undefined || isRefusal(now)) return { allowed: false, why: 'The Canary is gone or not valid.' };
  if (now.canary.spec.suspend) return { allowed: false, why: 'The Canary is suspended.' };
  const outlived = outlivedBy(now, promotion);
  return outlived === undefined ? mayWrite(repository, ports) : { allowed: false, why: outlived.message };
}
