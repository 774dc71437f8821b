/** Applying: makes what a committed state asks for true, traffic away from the canary first and towards it last. */
import type { Desired } from '../core/desired.ts';
import { fence } from './fence.ts';
import { type Model, routerOf } from './model.ts';
import type { World } from './observe.ts';
import type { Ports } from './ports.ts';

/** True where anything was written, so that the caches hold news. Nothing is requested where the world is as wanted. */
export async function apply(model: Model, world: World, want: Desired, ports: Ports): Promise<boolean> {
  const { view, route, input } = world;
  const router = routerOf(model, ports);
  const { weights } = want;
  const differs =
    weights !== undefined &&
    (!route.current || route.weights?.canary !== weights.canary || route.weights.primary !== weights.primary);
  const lowers = differs && weights.canary < (route.weights?.canary ?? 0);
  // Only the very template that was judged: one that came since is another revision and has a run of its own.
  const promotes = want.primary === 'promote' && input.seen?.revision === input.state.context.revision;
  const scales = want.targetReplicas !== undefined && view.target?.replicas !== want.targetReplicas;
  if (lowers) {
    // The write wakes the next pass, which does the rest.
    await router.apply(model.route, weights);
    return true;
  }
  const raises = differs && weights.canary > (route.weights?.canary ?? 0);
  const restores = want.primary === 'restore';
  if (raises || promotes || restores || (scales && want.targetReplicas === 0))
    await fence(model, world, ports);
  if (want.primary === 'create' && view.target !== undefined && input.seen !== undefined) {
    // Before anything else is made: who owns the primary owns the target, and this may have been the other one of two.
    await ports.workload.createPrimary(model.workload, view.target, input.seen.revision);
    return true;
  }
  let wrote = false;
  const apex = want.services === 'all';
  if (
    want.services !== 'none' &&
    (!view.servicesReady.backends || (apex && !view.servicesReady.apexToPrimary))
  ) {
    await ports.workload.applyServices(model.workload, { apex });
    wrote = true;
  }
  if (promotes && view.target !== undefined) {
    await ports.workload.writePrimary(model.workload, view.target, {
      revision: input.state.context.revision,
      promoted: input.promoted,
    });
    wrote = true;
  }
  if (restores) {
    await ports.workload.restorePrimary(model.workload, input.promoted);
    wrote = true;
  }
  if (scales && want.targetReplicas !== undefined && view.target !== undefined) {
    await ports.workload.scaleTarget(model.workload, view.target, want.targetReplicas);
    wrote = true;
  }
  if (differs) {
    await router.apply(model.route, weights);
    wrote = true;
  }
  return wrote;
}
