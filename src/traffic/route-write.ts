/** The bodies of the writes: one object or one conditional patch each, so that no version of the route is half done. */
import { apiVersionOf, Canaries } from '../api/resources.ts';
import type { KubeObject } from '../runtime/port.ts';
import { same } from './json.ts';
import { normaliseParent, normaliseRules } from './normalise.ts';
import type { RouteIntent, Weights } from './port.ts';
import { type ParentRef, type RouteObject, readRoute } from './route-object.ts';
import {
  backendsOnly,
  isOurRoute,
  partsAnnotation,
  releasedRules,
  type WantedRules,
  wantedRules,
} from './route-spec.ts';

/** Flux leaves objects with these alone, so that it does not reset the weights at its next reconciliation. */
const heldFromFlux = {
  'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
  'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
};

type Patch = Record<string, unknown>;

/** TerminalError `RouteUnsupported` for a spec that the Gateway API cannot express. */
export function newRoute(intent: RouteIntent, weights: Weights): KubeObject {
  const { canary, service } = intent;
  const { rules, parts = [] } = wantedRules(undefined, intent, weights);
  return {
    metadata: {
      name: service,
      namespace: canary.namespace,
      labels: ownLabels(intent),
      annotations: {
        ...ownAnnotations(intent),
        ...(parts.length === 0 ? {} : { [partsAnnotation]: parts.join(',') }),
      },
      ownerReferences: [
        {
          apiVersion: apiVersionOf(Canaries),
          kind: Canaries.kind,
          name: canary.name,
          uid: canary.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { ...ownSpec(intent), rules },
  };
}

/** Undefined when the route is as wanted. TerminalError as above. */
export function routePatch(live: KubeObject, intent: RouteIntent, weights: Weights): Patch | undefined {
  const route = readRoute(live);
  return patchOf(live, intent, wantedRules(route, intent, weights));
}

/** Weights only, for a spec that cannot be mapped. */
export function weightsPatch(live: KubeObject, intent: RouteIntent, weights: Weights): Patch | undefined {
  return patchOf(live, intent, backendsOnly(readRoute(live), intent, weights));
}

function patchOf(live: KubeObject, intent: RouteIntent, { rules, parts }: WantedRules): Patch | undefined {
  const route = readRoute(live);
  const ours = isOurRoute(route, intent);
  const spec = {
    ...(same(normaliseRules(route.rules), normaliseRules(rules)) ? {} : { rules }),
    ...(ours ? changedOwnSpec(route, intent) : {}),
  };
  const annotations = changed(live.metadata.annotations, {
    ...(ours ? ownAnnotations(intent) : heldFromFlux),
    ...(parts === undefined ? {} : { [partsAnnotation]: parts.length === 0 ? undefined : parts.join(',') }),
  });
  const labels = ours ? changed(live.metadata.labels, ownLabels(intent)) : {};
  return conditional(live, { spec, metadata: { labels, annotations } });
}

/** Undefined when nothing of ours is left on it. */
export function releasePatch(live: KubeObject, intent: RouteIntent): Patch | undefined {
  const route = readRoute(live);
  const rules = releasedRules(route, intent);
  const ours = isOurRoute(route, intent);
  if (!ours && same(rules, route.rules)) return undefined;
  const { annotations, ownerReferences = [] } = live.metadata;
  const others = ownerReferences.filter(({ uid }) => uid !== intent.canary.uid);
  const gone = Object.fromEntries(
    [...Object.keys(heldFromFlux), partsAnnotation].map(key => [key, undefined]),
  );
  return conditional(live, {
    spec: same(rules, route.rules) ? {} : { rules },
    metadata: {
      annotations: changed(annotations, gone),
      ...(ours ? { ownerReferences: others.length === 0 ? null : others } : {}),
    },
  });
}

/** Only on the version it was computed from; parts that change nothing are left out. */
function conditional(live: KubeObject, body: { spec: Patch; metadata: Patch }): Patch | undefined {
  const metadata = Object.entries(body.metadata).filter(([, value]) => value === null || !isEmpty(value));
  const spec = isEmpty(body.spec) ? {} : { spec: body.spec };
  if (metadata.length === 0 && isEmpty(spec)) return undefined;
  const { resourceVersion } = live.metadata;
  return { metadata: { resourceVersion, ...Object.fromEntries(metadata) }, ...spec };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** The part of a merge patch that makes these values so; undefined takes a key away. */
function changed(
  held: Readonly<Record<string, string>> = {},
  wanted: Readonly<Record<string, string | undefined>>,
): Record<string, string | null> {
  const entries = Object.entries(wanted).filter(([key, value]) => held[key] !== value);
  return Object.fromEntries(entries.map(([key, value]) => [key, value ?? null]));
}

function ownLabels({ metadata }: RouteIntent): Record<string, string> {
  return { ...metadata.labels, 'app.kubernetes.io/managed-by': 'siskin' };
}

function ownAnnotations({ metadata }: RouteIntent): Record<string, string> {
  return { ...metadata.annotations, ...heldFromFlux };
}

function ownSpec({ gatewayRefs, hosts }: RouteIntent): { parentRefs: unknown[]; hostnames?: string[] } {
  return {
    parentRefs: gatewayRefs.map(ref => ({ ...ref })),
    ...(hosts.length === 0 ? {} : { hostnames: [...hosts] }),
  };
}

function changedOwnSpec(route: RouteObject, intent: RouteIntent): Patch {
  const { parentRefs, hostnames = [] } = ownSpec(intent);
  const { namespace } = intent.canary;
  const normal = (refs: readonly ParentRef[]) => refs.map(ref => normaliseParent(ref, namespace));
  return {
    ...(same(normal(route.parentRefs), normal(intent.gatewayRefs)) ? {} : { parentRefs }),
    ...(same(route.hostnames, hostnames) ? {} : { hostnames: hostnames.length === 0 ? null : hostnames }),
  };
}
