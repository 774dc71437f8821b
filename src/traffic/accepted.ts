/** Tells from a route's status whether every parent has taken up exactly what the route says now. */

import { same } from './json.ts';
import { normaliseParent } from './normalise.ts';
import type { ParentStatus, RouteObject } from './route-object.ts';

/** Undefined when every parent has; otherwise, for people, what is missing. */
export function notAccepted(route: RouteObject): string | undefined {
  const { namespace = '', name } = route.metadata;
  for (const parent of route.parentRefs) {
    const wanted = normaliseParent(parent, namespace);
    const answers = route.parents
      .filter(({ parentRef }) => same(normaliseParent(parentRef, namespace), wanted))
      .map(status => missing(status, route.metadata.generation ?? 0));
    if (answers.includes(undefined)) continue;
    const who = `${wanted.kind} ${wanted.namespace}/${wanted.name}`;
    return `${who} ${answers[0] ?? 'has not answered yet'} (HTTPRoute ${name})`;
  }
  return route.parentRefs.length === 0 ? `HTTPRoute ${name} names no parent` : undefined;
}

function missing({ conditions }: ParentStatus, generation: number): string | undefined {
  const accepted = conditions.find(({ type }) => type === 'Accepted');
  if (accepted === undefined || accepted.observedGeneration < generation) {
    return `has not taken up generation ${generation} yet`;
  }
  if (accepted.status !== 'True') return `does not accept the route: ${accepted.message || accepted.reason}`;
  const resolved = conditions.find(({ type }) => type === 'ResolvedRefs');
  if (resolved?.status !== 'False') return undefined;
  return `cannot resolve the route's backends: ${resolved.message || resolved.reason}`;
}
