/** Deletion: the application keeps serving on the target before the primary goes, and no missing object can hold it up. */
import { Canaries } from '../api/resources.ts';
import { isNotFound } from '../runtime/errors.ts';
import type { KubeObject } from '../runtime/port.ts';
import { isRefusal, type Model, type Refusal, routerOf } from './model.ts';
import { observe } from './observe.ts';
import type { Ports } from './ports.ts';
import type { Result } from './reconcile.ts';

export const finalizer = 'siskin.dev/finalizer';
/** How long the target's pods may take before the Canary goes all the same. */
const patienceMs = 600_000;

/** True where it had to be written; nothing else is created before it stands. */
export async function ensureFinalizer({ canary, key }: Model, ports: Ports): Promise<boolean> {
  const present = canary.metadata.finalizers ?? [];
  if (present.includes(finalizer)) return false;
  const { resourceVersion } = canary.metadata;
  const written = await ports.kube.patch(Canaries, key, {
    metadata: { resourceVersion, finalizers: [...present, finalizer] },
  });
  ports.canaries.observe(written);
  return true;
}

export async function finalize(object: KubeObject, model: Model | Refusal, ports: Ports): Promise<Result> {
  if (!(object.metadata.finalizers ?? []).includes(finalizer)) return {};
  if (!isRefusal(model)) {
    const wait = await giveBack(model, ports);
    if (wait !== undefined) return { requeueAfterMs: wait };
  }
  await removeFinalizer(object, ports);
  return {};
}

/** Answers how long to wait before looking again; undefined when the target serves, or never will. */
async function giveBack(model: Model, ports: Ports): Promise<number | undefined> {
  const now = ports.clock.now();
  const world = observe(model, ports, now);
  const { view, input } = world;
  // A Canary that never owned its target, or whose target is gone, has nothing to give back.
  const owns =
    model.canary.status.promoted !== undefined && input.problem?.reason.startsWith('Duplicate') !== true;
  const deleted = Date.parse(model.canary.metadata.deletionTimestamp ?? '');
  const patient = Number.isNaN(deleted) || now < deleted + patienceMs;
  try {
    if (owns && view.target !== undefined && patient) {
      if (view.target.replicas === 0) {
        await ports.workload.scaleTarget(
          model.workload,
          view.target,
          Math.max(1, view.primary?.replicas ?? 1),
        );
        return patienceMs;
      }
      if (!view.target.readiness.ready && view.primary !== undefined)
        return Math.max(0, deleted + patienceMs - now);
    }
    if (owns) {
      await ports.workload.releaseServices(model.workload);
      await routerOf(model, ports).release(model.route);
    }
  } catch (error) {
    // The namespace is going away and takes everything with it; nothing can be written in it any more.
    if (!isNotFound(error) && !isNamespaceTerminating(error)) throw error;
  }
  return undefined;
}

function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof Error && /being terminated/.test(error.message);
}

async function removeFinalizer(object: KubeObject, ports: Ports): Promise<void> {
  const { namespace = '', name, resourceVersion, finalizers = [] } = object.metadata;
  try {
    await ports.kube.patch(
      Canaries,
      { namespace, name },
      { metadata: { resourceVersion, finalizers: finalizers.filter(other => other !== finalizer) } },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  ports.recordEvent(object, {
    type: 'Normal',
    reason: 'Terminated',
    note: 'The Canary is gone; the target serves its requests itself.',
    runId: 'deletion',
  });
  ports.observe.forget({ namespace, name });
}
