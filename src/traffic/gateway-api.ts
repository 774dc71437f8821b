/** The router for the Gateway API: one HTTPRoute, of our own or adopted, whose backends carry the weights. */
import { HttpRoutes } from '../api/resources.ts';
import { isAlreadyExists, TerminalError } from '../runtime/errors.ts';
import { LastLook } from '../runtime/last-look.ts';
import type { Cache, KubeClient, KubeObject } from '../runtime/port.ts';
import { notAccepted } from './accepted.ts';
import { foreignRoute, parentsOf, problemOf } from './conflicts.ts';
import { same } from './json.ts';
import { isGateway } from './normalise.ts';
import type { RouteIntent, Router, RouteView, Weights } from './port.ts';
import { controllerNameOf, gatewayClassOf, readRoute } from './route-object.ts';
import { ourRules, weightsOf } from './route-spec.ts';
import { newRoute, releasePatch, routePatch, weightsPatch } from './route-write.ts';

export interface GatewayApiRouterOptions {
  readonly kube: KubeClient;
  readonly httpRoutes: Cache<KubeObject>;
  readonly gateways: Cache<KubeObject>;
  readonly gatewayClasses: Cache<KubeObject>;
}

export function createGatewayApiRouter(options: GatewayApiRouterOptions): Router {
  const { kube, httpRoutes, gateways, gatewayClasses } = options;
  const looks = new LastLook<RouteIntent, RouteView>();

  function liveOf({ canary, service }: RouteIntent): KubeObject | undefined {
    return httpRoutes.get({ namespace: canary.namespace, name: service });
  }

  async function patch(live: KubeObject, body: Record<string, unknown> | undefined): Promise<void> {
    if (body !== undefined) httpRoutes.observe(await kube.patch(HttpRoutes, live.metadata, body));
  }

  async function create(intent: RouteIntent, weights: Weights): Promise<void> {
    const problem = intent.gatewayRefs.length === 0 ? problemOf(undefined, intent, gateways) : undefined;
    if (problem !== undefined) throw new TerminalError(problem.reason, problem.message);
    const route = newRoute(intent, weights);
    try {
      httpRoutes.observe(await kube.create(HttpRoutes, route));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      // The cache was behind; whose it is, the next pass judges from what is really there.
      const live = await kube.get(HttpRoutes, route.metadata);
      if (live !== undefined) httpRoutes.observe(live);
    }
  }

  function look(live: KubeObject | undefined, intent: RouteIntent): RouteView {
    const problem = problemOf(live, intent, gateways);
    const shown = problem === undefined ? {} : { problem };
    if (live === undefined || foreignRoute(live, intent) !== undefined) {
      const message = problem?.message ?? `HTTPRoute ${intent.service} does not exist yet`;
      return { accepted: false, current: false, message, ...shown };
    }
    return { ...viewOf(live, intent), ...shown };
  }

  return {
    observe(intent) {
      const live = liveOf(intent);
      const parents = parentsOf(live && readRoute(live), intent);
      const objects = [live, ...parents.map(parent => gateways.get(parent))];
      return looks.get(intent, objects, () => look(live, intent));
    },

    async apply(intent, weights) {
      const live = liveOf(intent);
      if (live === undefined) return create(intent, weights);
      const foreign = foreignRoute(live, intent);
      if (foreign !== undefined) throw new TerminalError(foreign.reason, foreign.message);
      return patch(live, patchFor(live, intent, weights));
    },

    async release(intent) {
      const live = liveOf(intent);
      if (live === undefined || foreignRoute(live, intent) !== undefined) return;
      await patch(live, releasePatch(live, intent));
    },

    controllerName(intent) {
      const live = liveOf(intent);
      const gateway = parentsOf(live && readRoute(live), intent).find(isGateway);
      const held = gateway && gateways.get(gateway);
      const name = held && gatewayClassOf(held);
      const gatewayClass = name === undefined ? undefined : gatewayClasses.get({ name });
      return gatewayClass && controllerNameOf(gatewayClass);
    },
  };
}

function viewOf(live: KubeObject, intent: RouteIntent): RouteView {
  const route = readRoute(live);
  const shares = ourRules(route, intent).map(rule => weightsOf(rule, intent));
  const [weights] = shares;
  const message = notAccepted(route);
  return {
    ...(weights === undefined ? {} : { weights }),
    accepted: message === undefined,
    current:
      weights !== undefined &&
      shares.every(other => same(other, weights)) &&
      patchFor(live, intent, weights) === undefined,
    ...(message === undefined ? {} : { message }),
  };
}

/** Weights are written whatever else the spec asks for: a spec that cannot be mapped must not hold a rollback up. */
function patchFor(
  live: KubeObject,
  intent: RouteIntent,
  weights: Weights,
): Record<string, unknown> | undefined {
  try {
    return routePatch(live, intent, weights);
  } catch (error) {
    if (error instanceof TerminalError) return weightsPatch(live, intent, weights);
    throw error;
  }
}
