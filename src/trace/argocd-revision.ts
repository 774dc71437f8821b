/** Which commits Argo CD applied last to a workload, and what its sources follow. */
import type { ApplicationObject, Revisions } from './argocd-objects.ts';
import type { AppliedWorkload } from './port.ts';

type Status = ApplicationObject['status'];
type Resource = NonNullable<Status['resources']>[number];

/**
 * The revisions of the last sync that reached the workload; undefined while Argo CD does not tell. What was compared last
 * (`status.sync`) is no answer while it differs from the cluster: it is the head of the branch, applied or not.
 */
export function appliedRevisions(status: Status, workload: AppliedWorkload): Revisions | undefined {
  const { operationState: state } = status;
  const sync = state?.operation.sync;
  if (state !== undefined && sync !== undefined && !sync.dryRun) {
    const reported = state.syncResult?.resources?.find(resource => isSame(resource, workload));
    const chosen = sync.resources ?? [];
    const reached =
      reported !== undefined || chosen.length === 0 || chosen.some(one => isSame(one, workload, true));
    if (reached && ['Running', 'Terminating'].includes(state.phase))
      return [state.syncResult, sync].find(tells);
    const worked = state.phase === 'Succeeded' || reported?.status === 'Synced';
    if (reached && worked && tells(state.syncResult)) return state.syncResult;
  }
  const last = status.history?.at(-1);
  if (tells(last)) return last;
  return status.sync.status === 'Synced' && tells(status.sync) ? status.sync : undefined;
}

function tells(revisions: Revisions | undefined): revisions is Revisions {
  return revisions !== undefined && (revisions.revision !== '' || revisions.revisions.length > 0);
}

/** Whether the Application's own list of resources holds the workload: labels and annotations are copied along with manifests. */
export function listsWorkload({ resources }: Status, workload: AppliedWorkload): boolean {
  return (resources ?? []).some(resource => isSame(resource, workload));
}

/** A resource that is chosen for a sync may leave its namespace out. */
function isSame(resource: Resource, workload: AppliedWorkload, looseNamespace = false): boolean {
  return (
    resource.group === workload.group &&
    resource.kind === workload.kind &&
    resource.name === workload.name &&
    (resource.namespace === workload.namespace || (looseNamespace && resource.namespace === ''))
  );
}

/** The branch that a `targetRevision` names, `{}` for the repository's default one, or for people what is followed instead. */
export function followed(targetRevision: string): { branch?: string } | { pinned: string } {
  const text = targetRevision.trim();
  if (text === '' || text === 'HEAD') return {};
  const branch = /^refs\/heads\/(.+)$/u.exec(text)?.[1];
  if (branch !== undefined) return { branch };
  if (/^[0-9a-f]{7,64}$/u.test(text)) return { pinned: `commit ${text}` };
  if (text.startsWith('refs/')) return { pinned: text };
  // As Argo CD resolves it: a version or a range of versions is looked up among the tags.
  const isRange = /[\^~<>=*|,]|^[v=]?\d+(\.(\d+|[xX]))*([-+][0-9A-Za-z.+-]*)?$/u.test(text);
  return isRange ? { pinned: `tags in the range ${text}` } : { branch: text };
}
