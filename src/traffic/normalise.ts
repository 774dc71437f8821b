/** Fills in what an API server defaults, so that what we would write and what is there compare equal. */
import { isJson, type Json, records } from './json.ts';
import type { ParentRef } from './route-object.ts';

const gatewayGroup = 'gateway.networking.k8s.io';

export function normaliseRules(rules: readonly Json[]): Json[] {
  return rules.map(rule => ({
    ...rule,
    matches: (records(rule.matches).length === 0 ? [{}] : records(rule.matches)).map(normaliseMatch),
    backendRefs: records(rule.backendRefs).map(backend => ({
      group: '',
      kind: 'Service',
      weight: 1,
      ...backend,
    })),
  }));
}

function normaliseMatch(match: Json): Json {
  return {
    ...match,
    path: { type: 'PathPrefix', value: '/', ...(isJson(match.path) ? match.path : {}) },
    headers: records(match.headers).map(withExact).toSorted(byName),
    queryParams: records(match.queryParams).map(withExact).toSorted(byName),
  };
}

function withExact(entry: Json): Json {
  return { type: 'Exact', ...entry };
}

function byName(a: Json, b: Json): number {
  return String(a.name) < String(b.name) ? -1 : 1;
}

/** A parent with nothing left to default; an absent listener or port is empty or 0. */
export interface NormalParent {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly sectionName: string;
  readonly port: number;
}

/** `core` is what Flagger's manifests call the group of Services. */
export function normaliseParent(parent: ParentRef, routeNamespace: string): NormalParent {
  const group = parent.group === 'core' ? '' : parent.group;
  return {
    group: group ?? gatewayGroup,
    kind: parent.kind ?? 'Gateway',
    namespace: parent.namespace ?? routeNamespace,
    name: parent.name,
    sectionName: parent.sectionName ?? '',
    port: parent.port ?? 0,
  };
}

export function isGateway({ group, kind }: NormalParent): boolean {
  return group === gatewayGroup && kind === 'Gateway';
}
