/** Kill switches, limits and the breaker, read right before a push: many releases failing at once are an outage, not many bad releases. */
import { CanaryStatus } from '../api/canary-status.ts';
import { parseManifestRepository } from '../api/parse.ts';
import { millis } from '../core/status.ts';
import { isRefusal, type Model, readCanary } from './model.ts';
import { newerPromotion } from './newer-promotion.ts';
import type { Ports } from './ports.ts';
import type { GitSettings } from './spec-model.ts';

export type Permission = { readonly allowed: true } | { readonly allowed: false; readonly why: string };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Whether the revert of this Canary may be pushed now: the first reason against it, from the widest switch to the narrowest limit. */
export function mayPush(model: Model, git: Pick<GitSettings, 'repository'>, ports: Ports): Permission {
  return permission(
    operatorHolds(ports) ??
      repositoryHolds(git.repository, ports) ??
      canaryHolds(model, ports) ??
      outage(ports) ??
      flood(ports),
  );
}

/** Whether anything may be pushed to the repository now. */
export function mayWrite(repository: string, ports: Ports): Permission {
  return permission(operatorHolds(ports) ?? repositoryHolds(repository, ports) ?? outage(ports));
}

function permission(why: string | undefined): Permission {
  return why === undefined ? { allowed: true } : { allowed: false, why };
}

function operatorHolds({ settings }: Ports): string | undefined {
  return settings.gitWrites ? undefined : 'the operator was told to write nothing to Git (--no-git-writes)';
}

function repositoryHolds(repository: string, ports: Ports): string | undefined {
  const what = `ManifestRepository ${repository}`;
  const object = ports.repositories.get({ name: repository });
  const parsed = object === undefined ? undefined : parseManifestRepository(object);
  if (parsed?.ok !== true) return `${what} is gone or not valid`;
  const { spec } = parsed.value;
  if (spec.suspend) return `${what} is suspended`;
  return spec.mode === 'Off' ? `${what} allows no writes (spec.mode Off)` : undefined;
}

function canaryHolds(model: Model, ports: Ports): string | undefined {
  const object = ports.canaries.get(model.key);
  if (object === undefined) return 'the Canary is gone';
  const current = readCanary(object, ports.settings);
  if (isRefusal(current)) return 'the Canary is not valid any more';
  const { spec, status } = current.canary;
  if (spec.suspend) return 'the Canary is suspended';
  if (current.git === undefined || current.git.mode === 'Off')
    return 'spec.rollback.git no longer asks for a revert';
  const { perHour, perDay } = current.git.limits;
  return (
    newerPromotion(status) ??
    beyond(countSince(status, ports.clock.now() - hourMs), perHour, 'this Canary', 'the last hour') ??
    beyond(countSince(status, ports.clock.now() - dayMs), perDay, 'this Canary', 'the last day')
  );
}

/** Counts over all Canaries of the caches. */
function outage(ports: Ports): string | undefined {
  const { breakerLimit, breakerWindowMs } = ports.settings;
  const since = ports.clock.now() - breakerWindowMs;
  const failures = statusesOf(ports).filter(({ rollback }) => millis(rollback?.decidedAt) > since).length;
  if (failures <= breakerLimit) return undefined;
  const minutes = Math.round(breakerWindowMs / 60_000);
  return `${failures} releases failed within ${minutes} minutes, which looks like an outage rather than ${failures} bad releases`;
}

function flood(ports: Ports): string | undefined {
  const since = ports.clock.now() - hourMs;
  const pushed = statusesOf(ports).reduce((sum, status) => sum + countSince(status, since), 0);
  return beyond(pushed, ports.settings.revertsPerHour, 'all Canaries', 'the last hour');
}

/** A status that cannot be read says nothing. */
function statusesOf({ canaries }: Ports): CanaryStatus[] {
  return canaries.list().flatMap(({ status = {} }) => CanaryStatus.safeParse(status).data ?? []);
}

function beyond(count: number, limit: number, whose: string, window: string): string | undefined {
  if (count < limit) return undefined;
  return `${whose} had ${count} reverts in ${window}, and the limit is ${limit}`;
}

function countSince({ reverts = [] }: CanaryStatus, since: number): number {
  return reverts.filter(at => millis(at) > since).length;
}

/** A revert was pushed now; what is older than any limit looks back is forgotten, and so is the oldest where there is no room. */
export function countRevert(status: CanaryStatus, now: number, room: number): CanaryStatus {
  const recent = (status.reverts ?? []).filter(at => millis(at) > now - dayMs);
  return { ...status, reverts: [...recent, new Date(now).toISOString()].slice(-room) };
}
