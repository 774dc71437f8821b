/** What must hold in the cluster for a committed state: a function of the state and of what is healthy, never of the path to it. */
import type { Input } from './input.ts';
import { isResting } from './state.ts';

export interface Desired {
  /** `create` from the target, `promote` the run's revision, or leave it. */
  readonly primary: 'create' | 'promote' | 'keep';
  readonly services: 'none' | 'backends' | 'all';
  /** Undefined leaves the route as it is. */
  readonly weights?: { readonly primary: number; readonly canary: number };
  /** Undefined leaves the target's replicas as they are. */
  readonly targetReplicas?: number;
}

/** `startsRun`: the target holds a revision that is about to start a run, so that it is not scaled down before. */
export function desired(input: Input, startsRun: boolean): Desired {
  const { state, primary } = input;
  const { phase } = state;
  if (phase === 'Terminating') return { primary: 'keep', services: 'none' };
  if (phase === 'Initializing') return initialising(input);
  const weights = weightsOf(input);
  const replicas = startsRun ? undefined : replicasOf(input);
  return {
    primary:
      phase === 'Promoting' && primary?.revision !== state.context.revision
        ? 'promote'
        : primary === undefined
          ? 'create'
          : 'keep',
    services: 'all',
    ...(weights === undefined ? {} : { weights }),
    ...(replicas === undefined ? {} : { targetReplicas: replicas }),
  };
}

/** Users are switched only once the primary can serve them; the target keeps its pods until that is done. */
function initialising({ primary, services }: Input): Desired {
  if (primary === undefined) return { primary: 'create', services: 'backends' };
  if (!primary.ready) return { primary: 'keep', services: 'backends' };
  return services.backends && services.apexToPrimary
    ? { primary: 'keep', services: 'all', weights: { primary: 100, canary: 0 } }
    : { primary: 'keep', services: 'all' };
}

function weightsOf({
  state,
  primary,
  target,
  route,
  now,
}: Input): { primary: number; canary: number } | undefined {
  const { phase, context } = state;
  const canary = isResting(phase) || phase === 'Waiting' ? 0 : context.weight;
  const split = { primary: 100 - canary, canary };
  if (isResting(phase)) return split;
  const canaryUp = target?.available === true;
  const primaryUp = primary?.available === true;
  if (!canaryUp && !primaryUp) return undefined;
  if (!canaryUp) return { primary: 100, canary: 0 };
  if (!primaryUp)
    return phase === 'Promoting' || phase === 'Finalising' ? { primary: 0, canary: 100 } : split;
  // A route below the committed weight may be a rollback that a crash kept from being committed: judge before raising it.
  const lowered = route.weights !== undefined && route.weights.canary < canary;
  if (phase === 'Progressing' && lowered && now >= context.dueAt) return undefined;
  return split;
}

function replicasOf({ state, target, primary, route, now }: Input): number | undefined {
  if (target === undefined) return undefined;
  const { phase, context } = state;
  if (!isResting(phase) && phase !== 'Waiting') {
    return target.replicas > 0 ? undefined : Math.max(1, primary?.replicas ?? 1);
  }
  if (target.replicas === 0 || now < context.dueAt) return undefined;
  // In-flight requests of the old route would be cut: the pods go only after the traffic is known to be away.
  const away = !context.plan.routed || (route.weights?.canary === 0 && route.accepted);
  return away && primary?.available === true ? 0 : undefined;
}
