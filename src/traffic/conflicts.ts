/** What keeps a route from working until somebody acts. */

import { TerminalError } from '../runtime/errors.ts';
import type { Cache, KubeObject } from '../runtime/port.ts';
import { matchesOf } from './matches.ts';
import { isGateway, type NormalParent, normaliseParent } from './normalise.ts';
import type { RouteIntent, RouteView } from './port.ts';
import { type RouteObject, readRoute } from './route-object.ts';
import { isOurRoute, ourRules, strangersIn } from './route-spec.ts';

type Problem = NonNullable<RouteView['problem']>;

/** Somebody else's route, which Siskin must not write at all. */
export function foreignRoute(live: KubeObject, intent: RouteIntent): Problem | undefined {
  if (isOurRoute(live, intent)) return undefined;
  const { name } = live.metadata;
  const holder = live.metadata.ownerReferences?.find(owner => owner.controller === true);
  if (holder !== undefined) {
    return conflict(
      `HTTPRoute ${name} is controlled by ${holder.kind} ${holder.name}; delete it or give spec.service.name another name`,
    );
  }
  if (ourRules(readRoute(live), intent).length > 0) return undefined;
  return conflict(
    `HTTPRoute ${name} exists already and no rule of it leads to port ${intent.port} of Service ${intent.service}; ` +
      'add such a rule, or delete the route so that Siskin can make its own',
  );
}

export function problemOf(
  live: KubeObject | undefined,
  intent: RouteIntent,
  gateways: Cache<KubeObject>,
): Problem | undefined {
  const route = live && readRoute(live);
  return (
    (live && foreignRoute(live, intent)) ??
    (route && mixedRule(route, intent)) ??
    (route === undefined || isOurRoute(route, intent) ? unsupported(intent) : undefined) ??
    missingGateway(route, intent, gateways)
  );
}

function conflict(message: string): Problem {
  return { reason: 'RouteConflict', message };
}

function mixedRule(route: RouteObject, intent: RouteIntent): Problem | undefined {
  if (isOurRoute(route, intent)) return undefined;
  const [stranger] = ourRules(route, intent).flatMap(rule => strangersIn(rule, intent));
  if (stranger === undefined) return undefined;
  return conflict(
    `a rule of HTTPRoute ${route.metadata.name} leads to ${stranger.name} as well as to Service ${intent.service}; ` +
      'give each a rule of its own',
  );
}

function unsupported({ rules }: RouteIntent): Problem | undefined {
  try {
    matchesOf(rules.match);
    return undefined;
  } catch (error) {
    if (error instanceof TerminalError) return { reason: error.reason, message: error.message };
    throw error;
  }
}

function missingGateway(
  route: RouteObject | undefined,
  intent: RouteIntent,
  gateways: Cache<KubeObject>,
): Problem | undefined {
  const parents = parentsOf(route, intent);
  if (parents.length === 0) {
    return {
      reason: 'GatewayMissing',
      message: 'spec.service.gatewayRefs names no Gateway; name the one that serves these hosts',
    };
  }
  const absent = parents.find(parent => isGateway(parent) && gateways.get(parent) === undefined);
  if (absent === undefined) return undefined;
  return {
    reason: 'GatewayMissing',
    message: `Gateway ${absent.name} is not in namespace ${absent.namespace}`,
  };
}

/** An author's route keeps its own parents; ours has those of the spec. */
export function parentsOf(route: RouteObject | undefined, intent: RouteIntent): NormalParent[] {
  const refs = route === undefined || isOurRoute(route, intent) ? intent.gatewayRefs : route.parentRefs;
  return refs.map(ref => normaliseParent(ref, intent.canary.namespace));
}
