/** Who counts a Canary's requests: what the Canary says, else the gateway's controller, else the pods themselves. */
import { type Model, routerOf } from './model.ts';
import type { Ports } from './ports.ts';

/** A name of the library or of a controller; `unknown` where no Gateway tells. */
export function vantageOf(model: Model, ports: Pick<Ports, 'routers'>): string {
  const named = model.canary.spec.analysis.vantage;
  if (named !== undefined) return named;
  if (!model.plan.routed) return 'kubernetes';
  return routerOf(model, ports).controllerName(model.route) ?? 'unknown';
}
