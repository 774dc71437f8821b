/** Deletion: the application keeps serving on the target before the primary goes, and no missing object can hold it up. */
import { Canaries } from '../api/resources.ts';
import { record } from '../core/record.ts';
import { step } from '../core/state.ts';
import { stateOf } from '../core/status.ts';
import { isNotFound } from '../runtime/errors.ts';
import type { KubeObject } from '../runtime/port.ts';
import { isRefusal, type Model, type Refusal, routerOf } from './model.ts';
import { observe } from './observe.ts';
import type { Ports } from './ports.ts';
import type { Result } from './reconcile.ts';
import { commitStatus } from './status.ts';

const finalizer = 'siskin.dev/finalizer';

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
  const known = isRefusal(model) ? model.remains : model;
  if (known !== undefined) {
    if (await tellTerminating(known, ports)) return { requeueAfterMs: 0 };
    const wait = await giveBack(known, ports);
    if (wait !== undefined) return { requeueAfterMs: wait };
  }
  await removeFinalizer(object, ports);
  return {};
}

/** True where it was written: scripts and people see by the phase what the Canary still waits for. */
async function tellTerminating(model: Model, ports: Ports): Promise<boolean> {
  const { status } = model.canary;
  if (status.phase === undefined || status.phase === 'Terminating') return false;
  const now = ports.clock.now();
  const before = stateOf(status, model.plan);
  const event = { type: 'deleted' as const, now };
  const message = 'The Canary is being deleted; the target takes its requests back.';
  const { status: next } = record(status, before, step(before, event), {
    now,
    generation: model.canary.metadata.generation ?? 0,
    canaryUid: model.canary.metadata.uid ?? '',
    targetKind: model.workload.target.kind,
    decision: { event, reason: 'Terminating', message },
    converged: true,
    images: { primary: {}, target: {} },
    alerts: [],
  });
  return commitStatus(model.canary, status, next, ports);
}

/** Answers how long to wait before looking again; undefined when the target serves, or never will. */
async function giveBack(model: Model, ports: Ports): Promise<number | undefined> {
  const now = ports.clock.now();
  const { view, input } = observe(model, ports, now);
  // A Canary that never owned its target, or whose target is gone, has nothing to give back.
  const owns =
    model.canary.status.promoted !== undefined && input.problem?.reason.startsWith('Duplicate') !== true;
  if (!owns) return undefined;
  const deleted = Date.parse(model.canary.metadata.deletionTimestamp ?? '');
  const waitMs = Number.isNaN(deleted) ? 0 : deleted + model.plan.progressDeadlineMs - now;
  try {
    if (view.target !== undefined && waitMs > 0) {
      if (view.target.replicas === 0) {
        const replicas = Math.max(1, view.primary?.replicas ?? 1);
        await ports.workload.scaleTarget(model.workload, view.target, replicas);
        return waitMs;
      }
      if (!view.target.readiness.ready && view.primary !== undefined) return waitMs;
    }
    await ports.workload.releaseServices(model.workload);
    // Without a target our own route has nothing to serve and goes with the Canary.
    if (view.target !== undefined) await routerOf(model, ports).release(model.route);
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
