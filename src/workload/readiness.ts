/** Judges from a Deployment's status whether its pods may serve. */
import type { DeploymentObject } from './deployment-object.ts';
import type { Readiness } from './port.ts';

/** `threshold`: percent of the wanted pods that must be available; never less than one pod. */
export function readinessOf(deployment: DeploymentObject, threshold: number): Readiness {
  const { replicas: wanted, status } = deployment;
  const { replicas, updatedReplicas: updated, availableReplicas: up } = status;
  // Numbers and conditions of an older generation say nothing about the template that is there now.
  const observed = status.observedGeneration >= (deployment.metadata.generation ?? 0);
  const deadlineExceeded = observed && status.conditions.some(isDeadlineExceeded);
  const needed = Math.max(1, Math.ceil((wanted * threshold) / 100));
  const waitsFor = waiting({ observed, wanted, replicas, updated, up, needed });
  const count = `${up} of ${wanted} pods available`;
  return {
    ready: waitsFor === undefined,
    // A change that has just been written takes no pod away: the old ones serve until they are replaced.
    available: wanted > 0 && up > 0,
    deadlineExceeded,
    message: deadlineExceeded ? `progress deadline exceeded, ${waitsFor ?? count}` : (waitsFor ?? count),
  };
}

function isDeadlineExceeded(condition: { type: string; reason: string }): boolean {
  return condition.type === 'Progressing' && condition.reason === 'ProgressDeadlineExceeded';
}

interface Counts {
  readonly observed: boolean;
  readonly wanted: number;
  readonly replicas: number;
  readonly updated: number;
  readonly up: number;
  readonly needed: number;
}

function waiting({ observed, wanted, replicas, updated, up, needed }: Counts): string | undefined {
  if (wanted === 0) return 'scaled to zero';
  if (!observed) return 'the latest change has not been taken up yet';
  if (updated < wanted) return `${updated} of ${wanted} pods updated`;
  if (replicas > updated) return `${replicas - updated} pods of an older version are still there`;
  if (updated > wanted) return `${updated - wanted} pods too many are still there`;
  if (up >= needed) return undefined;
  return needed < wanted
    ? `${up} of ${wanted} pods available, ${needed} needed`
    : `${up} of ${wanted} pods available`;
}
