/** The three Services as Siskin applies them, and whether the live ones are so already. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { KubeObject, ObjectMeta } from '../runtime/port.ts';
import type { DeploymentObject } from './deployment-object.ts';
import { sameJson } from './json.ts';
import { controllerOf, holderOf, isOwnedBy, ownerReferenceTo } from './ownership.ts';
import type { Metadata, WorkloadIntent } from './port.ts';
import { primaryName } from './selector.ts';
import { besideOthers, desiredPorts } from './service-ports.ts';

export type Side = 'apex' | 'primary' | 'canary';

/** What a Service leads to. */
export interface Backend {
  readonly selector: Readonly<Record<string, string>>;
  /** Where its ports are discovered. */
  readonly pods: DeploymentObject | undefined;
}

/** Flux leaves objects with these alone, so that it does not turn the Service back at its next reconciliation. */
const heldFromFlux = {
  'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
  'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
};
/**
 * What was applied last. Without it a field that the spec no longer names could not be told from one of somebody else's,
 * and would stay for ever.
 */
const appliedAnnotation = 'siskin.dev/applied';

const Spec = z.object({
  selector: z.record(z.string(), z.string()).default({}),
  clusterIP: z.string().optional(),
  trafficDistribution: z.string().optional(),
  ports: z
    .array(
      z.looseObject({ name: z.string().optional(), protocol: z.string().default('TCP'), port: z.number() }),
    )
    .default([]),
});
const read = new WeakMap<KubeObject, z.infer<typeof Spec>>();

function readService(object: KubeObject): z.infer<typeof Spec> {
  const spec = read.get(object) ?? Spec.parse(object.spec ?? {});
  read.set(object, spec);
  return spec;
}

export function serviceName(intent: WorkloadIntent, side: Side): string {
  return side === 'apex' ? intent.service.name : `${intent.service.name}-${side}`;
}

/** `live` decides what is left as it is: the metadata of an adopted Service, its other ports, and a cluster IP given once. */
export function desiredService(
  intent: WorkloadIntent,
  side: Side,
  label: string,
  backend: Backend,
  live: KubeObject | undefined,
): KubeObject {
  const wanted = bareService(intent, side, label, backend, live);
  const { metadata } = wanted;
  const owned = isAdopted(intent, live) ? {} : { ownerReferences: [ownerReferenceTo(intent.canary)] };
  const annotations = { ...metadata.annotations, ...heldFromFlux };
  const object = { ...wanted, metadata: { ...metadata, ...owned, annotations } };
  const applied = createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 16);
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [appliedAnnotation]: applied } },
  };
}

/** The same without what ties it to Siskin; applying it gives the Service free. */
export function releasedService(
  intent: WorkloadIntent,
  label: string,
  backend: Backend,
  live: KubeObject,
): KubeObject {
  return bareService(intent, 'apex', label, backend, live);
}

function bareService(
  intent: WorkloadIntent,
  side: Side,
  label: string,
  { selector, pods }: Backend,
  live: KubeObject | undefined,
): KubeObject {
  const { service, canary } = intent;
  const name = serviceName(intent, side);
  const ports = desiredPorts(service, pods);
  const held = live === undefined ? undefined : readService(live);
  const headless = held === undefined ? service.headless : held.clusterIP === 'None';
  const { trafficDistribution } = service;
  return {
    metadata: {
      name,
      namespace: canary.namespace,
      ...(isAdopted(intent, live) ? {} : ownMetadata(intent, service[side], { [label]: name })),
    },
    spec: {
      selector,
      ports: isAdopted(intent, live) ? besideOthers(ports, held?.ports ?? []) : ports,
      ...(headless ? { clusterIP: 'None' } : {}),
      ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
    },
  };
}

function ownMetadata(
  { service: { unmanagedMetadata: unmanaged } }: WorkloadIntent,
  wanted: Metadata,
  ownLabel: Record<string, string>,
): Pick<ObjectMeta, 'labels' | 'annotations'> {
  return {
    labels: { ...withoutKeys(wanted.labels ?? {}, unmanaged?.labels), ...ownLabel },
    annotations: withoutKeys(wanted.annotations ?? {}, unmanaged?.annotations),
  };
}

function withoutKeys(
  values: Readonly<Record<string, string>>,
  keys: readonly string[] = [],
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));
}

/** It was there before us: only its ports and its selector are ours. */
function isAdopted(intent: WorkloadIntent, live: KubeObject | undefined): boolean {
  return live !== undefined && !isOwnedBy(live, intent.canary);
}

/** Applying `wanted` would change nothing. */
export function isApplied(live: KubeObject | undefined, wanted: KubeObject): boolean {
  if (live === undefined) return false;
  const { labels, annotations, ownerReferences = [] } = wanted.metadata;
  const held = readService(live);
  const spec = readService(wanted);
  return (
    includes(live.metadata.labels, labels) &&
    includes(live.metadata.annotations, annotations) &&
    ownerReferences.every(({ uid }) => live.metadata.ownerReferences?.some(owner => owner.uid === uid)) &&
    sameJson(held.selector, spec.selector) &&
    (spec.trafficDistribution === undefined || held.trafficDistribution === spec.trafficDistribution) &&
    spec.ports.every(port =>
      held.ports.some(other => Object.entries(port).every(([field, value]) => other[field] === value)),
    )
  );
}

function includes(held: Record<string, string> = {}, wanted: Record<string, string> = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => held[key] === value);
}

/** Siskin has applied this Service and not released it. */
export function isHeld(live: KubeObject): boolean {
  return live.metadata.annotations?.[appliedAnnotation] !== undefined;
}

/** The selector which turns a Service from the primary back to the target when the target itself cannot be asked. */
export function selectorOfTarget(live: KubeObject): Record<string, string> {
  const suffix = primaryName('');
  return Object.fromEntries(
    Object.entries(readService(live).selector).map(([key, value]) => [
      key,
      value.endsWith(suffix) ? value.slice(0, -suffix.length) : value,
    ]),
  );
}

/** Why Siskin must not write this Service. */
export function serviceProblem(
  intent: WorkloadIntent,
  side: Side,
  live: KubeObject | undefined,
): { reason: string; message: string } | undefined {
  if (live === undefined || isOwnedBy(live, intent.canary)) return undefined;
  if (side === 'apex' && controllerOf(live) === undefined) return undefined;
  const name = serviceName(intent, side);
  return {
    reason: 'ServiceForeign',
    message: `Service ${name} exists already and is ${holderOf(live)}; delete it or give spec.service.name another name`,
  };
}
