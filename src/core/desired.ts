/** What must hold in the cluster for a committed state: a function of the state and of what is healthy, never of the path to it. */
import { restOf } from './analysis/grain.ts';
import type { Input } from './input.ts';
import { isResting } from './state.ts';

export interface Desired {
  /** `create` from the target, `promote` the run's revision, `restore` the promoted one from what it keeps, or leave it. */
  readonly primary: 'create' | 'promote' | 'restore' | 'keep';
  readonly services: 'none' | 'backends' | 'all';
  /** Undefined leaves the route as it is. */
  readonly weights?: { readonly primary: number; readonly canary: number };
  /** Undefined leaves the target's replicas as they are. */
  readonly targetReplicas?: number;
}

/**
 * `startsRun`: the target holds a revision that is about to start a run. Its pods are asked for before that is committed:
 * they get no traffic yet, and everybody waits for them.
 */
export function desired(input: Input, startsRun: boolean): Desired {
  const { phase } = input.state;
  if (phase === 'Terminating') return { primary: 'keep', services: 'none' };
  if (phase === 'Initializing') return initialising(input);
  const weights = weightsOf(input);
  const replicas = startsRun ? scaledUp(input) : replicasOf(input);
  return {
    primary: primaryOf(input),
    services: 'all',
    ...(weights === undefined ? {} : { weights }),
    ...(replicas === undefined ? {} : { targetReplicas: replicas }),
  };
}

/** Whether it is changed or made anew, only a revision with a verdict gets into the primary. */
function primaryOf({ state, primary, seen, promoted }: Input): Desired['primary'] {
  const { phase, context } = state;
  const passed = phase === 'Promoting' && seen?.revision === context.revision;
  if (primary === undefined) return passed || seen?.isPromoted === true ? 'create' : 'keep';
  // A promotion was undone, or broken off half-way.
  if (phase === 'Failed' && primary.revision !== promoted && primary.previous === promoted) return 'restore';
  return phase === 'Promoting' && primary.revision !== context.revision ? 'promote' : 'keep';
}

/** Users are switched only once the primary can serve them; the target keeps its pods until that is done. */
function initialising({ primary, services }: Input): Desired {
  if (primary === undefined) return { primary: 'create', services: 'backends' };
  if (!primary.ready) return { primary: 'keep', services: 'backends' };
  return services.backends && services.apexToPrimary
    ? { primary: 'keep', services: 'all', weights: { primary: 100, canary: 0 } }
    : { primary: 'keep', services: 'all' };
}

/** The route gives the canary less than is committed. */
export function isBelow({ weights }: Input['route'], { context }: Input['state']): boolean {
  return weights !== undefined && weights.canary < context.weight;
}

const onlyPrimary = { primary: 100, canary: 0 } as const;

function weightsOf({
  state,
  primary,
  target,
  seen,
  route,
  now,
  evidence,
}: Input): { primary: number; canary: number } | undefined {
  const { phase, context } = state;
  const canaryUp = target?.available === true;
  const primaryUp = primary?.available === true;
  if (isResting(phase) || phase === 'Waiting') {
    // Requests are served by a failed revision rather than by nothing.
    const stays = !primaryUp && canaryUp && (route.weights?.canary ?? 0) > 0;
    return stays ? undefined : onlyPrimary;
  }
  if (!canaryUp) return primaryUp ? onlyPrimary : undefined;
  // The target's pods are no longer those of the run: nobody judges what they would serve.
  if (seen?.revision !== context.revision) return primaryUp ? onlyPrimary : undefined;
  const split = { primary: restOf(context.weight), canary: context.weight };
  if (!primaryUp)
    return phase === 'Promoting' || phase === 'Finalising' ? { primary: 0, canary: 100 } : split;
  // A route below the committed weight may be a rollback that a crash kept from being committed: judge before raising it.
  // Neither is it raised while the canary's pods are waited for.
  const isDue = now >= (evidence?.pollAt ?? context.dueAt);
  const waits = context.readyBy > 0 || isDue || now >= context.dueAt;
  if (phase === 'Progressing' && waits && isBelow(route, state)) return undefined;
  return split;
}

function replicasOf(input: Input): number | undefined {
  const { state, target, primary, route, now } = input;
  if (target === undefined) return undefined;
  const { phase, context } = state;
  if (!isResting(phase) && phase !== 'Waiting') return scaledUp(input);
  if (target.replicas === 0 || now < context.dueAt) return undefined;
  // In-flight requests of the old route would be cut: the pods go only after the traffic is known to be away.
  const away = !context.plan.routed || (route.weights?.canary === 0 && route.accepted);
  return away && primary?.available === true ? 0 : undefined;
}

function scaledUp({ target, primary }: Input): number | undefined {
  return target?.replicas === 0 ? Math.max(1, primary?.replicas ?? 1) : undefined;
}
