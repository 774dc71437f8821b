/** A Canary which cannot run: its condition says why, and everything else stays as it is. */

import type { CanaryStatus } from '../api/canary-status.ts';
import { readableStatus } from '../api/parse.ts';
import { statusLimits } from '../api/status-limits.ts';
import { conditionsOf } from '../core/conditions.ts';
import { initialContext } from '../core/machine.ts';
import { stateOf } from '../core/status.ts';
import type { KubeObject } from '../runtime/port.ts';
import type { Refusal } from './model.ts';
import type { Ports } from './ports.ts';
import { commitStatus } from './status.ts';

/** Returns without a deadline: only a change of the object helps. */
export async function refuse(
  object: KubeObject,
  { reason, message }: Refusal,
  ports: Ports,
): Promise<Record<string, never>> {
  // Of one that a newer operator wrote, what cannot be read is left alone.
  const status = readableStatus(object.status);
  const told = message.slice(0, statusLimits.message);
  const next: CanaryStatus = {
    ...status,
    observedGeneration: object.metadata.generation ?? 0,
    reason,
    message: told,
    conditions: conditionsOf(status.conditions ?? [], {
      state: stateOf(status, initialContext.plan),
      kind: 'Deployment',
      reason,
      message: told,
      stalled: reason !== 'Suspended',
      converged: true,
      generation: object.metadata.generation ?? 0,
      now: new Date(ports.clock.now()).toISOString(),
    }),
  };
  if (await commitStatus(object, status, next, ports)) {
    ports.recordEvent(object, {
      type: reason === 'Suspended' ? 'Normal' : 'Warning',
      reason,
      note: told,
      runId: `generation-${object.metadata.generation ?? 0}`,
    });
  }
  return {};
}
