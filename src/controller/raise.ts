/**
 * Raising in the very pass that committed the step: where the API server answers slower than a step lasts, a later pass
 * finds the step due, and one that is due is judged before it is raised.
 */
import { desired, isBelow } from '../core/desired.ts';
import type { State } from '../core/state.ts';
import { apply } from './apply.ts';
import { isRefusal, type Model, readCanary } from './model.ts';
import { mayWrite, type World } from './observe.ts';
import type { Ports } from './ports.ts';

/** `after` is committed. Its clock is the decision's, so that what the commit took does not count as time with traffic. */
export async function raise(model: Model, world: World, after: State, ports: Ports): Promise<void> {
  if (after.phase !== 'Progressing' || !isBelow(world.input.route, after) || !mayWrite(world)) return;
  const committed = ports.canaries.get(model.key);
  const now = committed === undefined ? undefined : readCanary(committed, ports.settings);
  if (now === undefined || isRefusal(now)) return;
  const { evidence: _judged, ...seen } = world.input;
  const input = { ...seen, state: after };
  await apply(now, { ...world, input }, desired(input, false), ports);
}
