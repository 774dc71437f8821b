/** The condition `GitReady`: whether the manifests repository could be read and written when it was needed last. */
import type { CanaryStatus } from '../api/canary-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import { withFailure, withSuccess } from '../core/conditions.ts';
import { ForgeError } from '../forge/port.ts';
import { GitError } from '../git/port.ts';
import { TerminalError } from '../runtime/errors.ts';
import { PlaceError } from './found-place.ts';
import type { Ports } from './ports.ts';

export function gitFails(status: CanaryStatus, error: unknown, why: string, now: number): CanaryStatus {
  const conditions = withFailure(status.conditions ?? [], {
    type: 'GitReady',
    reason: reasonOf(error),
    message: why.slice(0, statusLimits.message),
    now: new Date(now).toISOString(),
  });
  return { ...status, conditions };
}

function reasonOf(error: unknown): string {
  if (error instanceof GitError || error instanceof ForgeError) return error.code;
  if (error instanceof TerminalError) return error.reason;
  return error instanceof PlaceError ? error.reason : 'Failed';
}

export function gitWorks(status: CanaryStatus, ports: Ports): CanaryStatus {
  if (status.conditions === undefined) return status;
  return {
    ...status,
    conditions: withSuccess(status.conditions, 'GitReady', new Date(ports.clock.now()).toISOString()),
  };
}
