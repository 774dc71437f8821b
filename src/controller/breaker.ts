/** The breaker and the kill switches, read right before a push: many releases failing at once are an outage, not many bad releases. */
import { CanaryStatus } from '../api/canary-status.ts';
import { parseManifestRepository } from '../api/parse.ts';
import { millis } from '../core/status.ts';
import { type GitSettings, isRefusal, type Model, readCanary } from './model.ts';
import { newerPromotion } from './newer-promotion.ts';
import type { Ports } from './ports.ts';

export type Permission = { readonly allowed: true } | { readonly allowed: false; readonly why: string };

/** Whether the revert of this Canary may be pushed now. */
export function mayPush(model: Model, git: Pick<GitSettings, 'repository'>, ports: Ports): Permission {
  const current = ports.canaries.get(model.key);
  if (current === undefined) return { allowed: false, why: 'the Canary is gone' };
  const read = readCanary(current, ports.settings);
  if (!isRefusal(read) && (read.git === undefined || read.git.mode === 'Off'))
    return { allowed: false, why: 'spec.rollback.git no longer asks for a revert' };
  const status = CanaryStatus.safeParse(current.status ?? {});
  const newer = status.success ? newerPromotion(status.data) : undefined;
  return newer === undefined ? mayWrite(git.repository, ports) : { allowed: false, why: newer };
}

/** Whether anything may be pushed to the repository now. */
export function mayWrite(repository: string, ports: Ports): Permission {
  const object = ports.repositories.get({ name: repository });
  const parsed = object === undefined ? undefined : parseManifestRepository(object);
  if (parsed?.ok !== true)
    return { allowed: false, why: `ManifestRepository ${repository} is gone or not valid` };
  const { spec } = parsed.value;
  if (spec.suspend) return { allowed: false, why: `ManifestRepository ${repository} is suspended` };
  if (spec.mode === 'Off')
    return { allowed: false, why: `ManifestRepository ${repository} allows no writes (spec.mode Off)` };
  const failures = recentRollbacks(ports);
  const { breakerLimit, breakerWindowMs } = ports.settings;
  if (failures > breakerLimit) {
    const minutes = Math.round(breakerWindowMs / 60_000);
    return {
      allowed: false,
      why: `${failures} releases failed within ${minutes} minutes, which looks like an outage rather than ${failures} bad releases`,
    };
  }
  return { allowed: true };
}

function recentRollbacks(ports: Ports): number {
  const since = ports.clock.now() - ports.settings.breakerWindowMs;
  return ports.canaries.list().filter(object => {
    const status = CanaryStatus.safeParse(object.status ?? {});
    return status.success && millis(status.data.rollback?.decidedAt) > since;
  }).length;
}
