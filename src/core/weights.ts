/** The steps of a run: which weight comes next, and how much of it the canary may have. */
import type { Context, Event } from './machine.ts';
import type { Plan } from './plan.ts';

/** The weight after `weight`, or undefined when it was the last. Found by value, so that an edited list cannot jump ahead of it. */
export function nextWeight(plan: Plan, weight: number): number | undefined {
  return plan.weights.find(candidate => candidate > weight);
}

/** What the present step would give the canary, in percent. */
export function plannedWeight({ weight, bound }: Pick<Context, 'weight' | 'bound'>): number {
  return Math.max(weight, bound);
}

/** A step of `bound` percent, or as much of it as the event's impact budget allows; never less than there is already. */
export function stepTo(bound: number, { weight }: Context, event: Event): { weight: number; bound: number } {
  const limit = 'limit' in event ? (event.limit ?? 100) : 100;
  const allowed = Math.max(weight, Math.min(bound, limit));
  return { weight: allowed, bound: bound > allowed ? bound : 0 };
}

/** Blue/green behind a router ends with one check at full canary traffic. */
export function wantsFullTraffic({ plan, iterations, weight }: Context): boolean {
  return plan.strategy === 'BlueGreen' && plan.routed && weight === 0 && iterations + 1 >= plan.iterations;
}
