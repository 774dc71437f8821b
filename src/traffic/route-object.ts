/** Reads the few fields of an HTTPRoute that matter here, once per version of the object. */
import { z } from 'zod';
import type { KubeObject } from '../runtime/port.ts';

const BackendRef = z.looseObject({
  group: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string(),
  port: z.number().optional(),
  weight: z.number().optional(),
});
export type BackendRef = z.infer<typeof BackendRef>;

const Rule = z.looseObject({ backendRefs: z.array(BackendRef).optional() });
export type Rule = z.infer<typeof Rule>;

const ParentRef = z.object({
  group: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string(),
  sectionName: z.string().optional(),
  port: z.number().optional(),
});
export type ParentRef = z.infer<typeof ParentRef>;

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
  observedGeneration: z.number().default(0),
});

const Spec = z.object({
  parentRefs: z.array(ParentRef).default([]),
  hostnames: z.array(z.string()).default([]),
  rules: z.array(Rule).default([]),
});

const Status = z.object({
  parents: z
    .array(z.object({ parentRef: ParentRef, conditions: z.array(Condition).default([]) }))
    .default([]),
});
export type ParentStatus = z.infer<typeof Status>['parents'][number];

export interface RouteObject extends z.infer<typeof Spec> {
  readonly metadata: KubeObject['metadata'];
  readonly parents: readonly ParentStatus[];
}

// Objects in a cache never change, and every pass asks for them again.
const read = new WeakMap<KubeObject, RouteObject>();

export function readRoute(object: KubeObject): RouteObject {
  const known = read.get(object);
  if (known !== undefined) return known;
  const { parents } = Status.parse(object.status ?? {});
  const route = { metadata: object.metadata, ...Spec.parse(object.spec ?? {}), parents };
  read.set(object, route);
  return route;
}

const GatewaySpec = z.object({ gatewayClassName: z.string() });
const GatewayClassSpec = z.object({ controllerName: z.string() });

/** The GatewayClass that a Gateway names. */
export function gatewayClassOf(gateway: KubeObject): string | undefined {
  return GatewaySpec.safeParse(gateway.spec).data?.gatewayClassName;
}

/** The controller behind a GatewayClass. */
export function controllerNameOf(gatewayClass: KubeObject): string | undefined {
  return GatewayClassSpec.safeParse(gatewayClass.spec).data?.controllerName;
}
