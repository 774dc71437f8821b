/** Traces what a CI job applied and stamped with annotations, or what kustomize noted; nobody but the writer of the manifest confirms it. */
import { evidenceOf, notTold } from './agent-object.ts';
import { narrowed, originIn } from './origin.ts';
import { resolvePath } from './path.ts';
import type { AppliedWorkload, Trace, Tracer } from './port.ts';

const prefix = 'siskin.dev/git-';
const objectName = /^([0-9a-f]{40}|[0-9a-f]{64})$/u;

export function createStampTracer(): Tracer {
  return {
    isClaimed: workload => pathOf(workload) !== undefined,
    trace: async workload => traceStamp(workload),
    // No agent is there to be told: the CI job runs when the revert is pushed.
    nudge: async () => {},
  };
}

function traceStamp(workload: AppliedWorkload): Trace {
  const { annotations } = workload;
  const path = pathOf(workload);
  if (path === undefined) return notTold(`${workload.kind} ${workload.name} has no annotation ${prefix}path`);
  const url = annotations[`${prefix}repository`] ?? originIn(annotations)?.repo;
  const branch = annotations[`${prefix}branch`];
  const commit = annotations[`${prefix}commit`];
  if (commit !== undefined && !objectName.test(commit))
    return notTold(`the annotation ${prefix}commit is not a full object name of git`);
  const by = annotations[`${prefix}path`] === undefined ? 'config.kubernetes.io/origin' : `${prefix}path`;
  const at = commit === undefined ? 'the head of the branch' : commit;
  return {
    told: true,
    sources: [
      {
        ...(url === undefined ? {} : { url }),
        ...(branch === undefined ? {} : { branch }),
        ...(commit === undefined ? {} : { commit }),
        paths: [path],
        confidence: commit === undefined ? 'Low' : 'Medium',
        evidence: evidenceOf(`a job that stamped ${by} at ${at}`),
      },
    ],
  };
}

/** kustomize's own note alone tells a place only of a resource out of a remote base; of others it is relative to what was built. */
function pathOf({ annotations }: AppliedWorkload): string | undefined {
  const stamped = annotations[`${prefix}path`];
  const origin = originIn(annotations);
  if (stamped !== undefined) {
    const path = resolvePath('', stamped);
    return path === undefined ? undefined : narrowed(path, origin);
  }
  return origin?.repo === undefined || origin.path === undefined ? undefined : narrowed('', origin);
}
