/** The fence: a leader that was deposed and does not know it must not act on a status which is no longer the stored one. */
import { isDeepStrictEqual } from 'node:util';
import { Canaries } from '../api/resources.ts';
import { ApiError } from '../runtime/errors.ts';
import { type Model, routerOf } from './model.ts';
import type { World } from './observe.ts';
import type { Ports } from './ports.ts';

/**
 * One live read before a write that leads away from safety; rejects with a conflict when the status, or what the write
 * builds upon, moved on. A rollback writes the route before it commits: as long as the route is still the one that was
 * looked at before this read, its resourceVersion keeps our write from undoing a rollback that comes later. What is left
 * is a status which moves on between this read and the write without a write to the route: so long as one request takes,
 * and put right by the pass which that status wakes.
 */
export async function fence(model: Model, { view, route }: World, ports: Ports): Promise<void> {
  const live = await ports.kube.get(Canaries, model.key);
  if (live !== undefined) ports.canaries.observe(live);
  const now = ports.workload.observe(model.workload);
  const same =
    live?.metadata.resourceVersion === model.canary.metadata.resourceVersion &&
    now.target?.resourceVersion === view.target?.resourceVersion &&
    now.primary?.resourceVersion === view.primary?.resourceVersion &&
    isDeepStrictEqual(routerOf(model, ports).observe(model.route).weights, route.weights);
  if (same) return;
  throw new ApiError(`Canary ${model.key.name} or what it looks at has moved on`, {
    status: 409,
    reason: 'Conflict',
  });
}
