/** The objects that tell which gateway serves a Canary, read once, in the shape of the operator's caches. */
import { z } from 'zod';
import { GatewayClasses, Gateways, HttpRoutes } from '../api/resources.ts';
import type { Model } from '../controller/model.ts';
import type { Cache, KubeClient, KubeObject, ObjectKey, Resource } from '../runtime/port.ts';
import { createGatewayApiRouter } from '../traffic/gateway-api.ts';
import type { Router } from '../traffic/port.ts';

/** A router that can be asked for its controller and for what the route says now; it writes nothing here. */
export async function readRouter(kube: KubeClient, { route, key }: Model): Promise<Router> {
  const routes = await read(kube, HttpRoutes, [{ namespace: key.namespace, name: route.service }]);
  const [live] = routes;
  const own = route.gatewayRefs.filter(({ kind }) => kind === 'Gateway');
  const refs = [...own, ...(live === undefined ? [] : parentsOf(live))];
  const gateways = await read(
    kube,
    Gateways,
    unique(refs.map(({ name, namespace = key.namespace }) => ({ namespace, name }))),
  );
  const classes = gateways.flatMap(gateway => classOf(gateway) ?? []);
  const gatewayClasses = await read(kube, GatewayClasses, unique(classes.map(name => ({ name }))));
  return createGatewayApiRouter({
    kube,
    httpRoutes: still(routes),
    gateways: still(gateways),
    gatewayClasses: still(gatewayClasses),
  });
}

async function read(kube: KubeClient, resource: Resource, keys: readonly ObjectKey[]): Promise<KubeObject[]> {
  const objects = await Promise.all(keys.map(key => kube.get(resource, key)));
  return objects.filter(object => object !== undefined);
}

const Parents = z.object({
  parentRefs: z
    .array(
      z.object({
        name: z.string(),
        namespace: z.string().exactOptional(),
        kind: z.string().default('Gateway'),
      }),
    )
    .default([]),
});

function parentsOf({ spec }: KubeObject): { name: string; namespace?: string }[] {
  const { data } = Parents.safeParse(spec);
  return data?.parentRefs.filter(({ kind }) => kind === 'Gateway') ?? [];
}

function classOf({ spec }: KubeObject): string | undefined {
  return z.object({ gatewayClassName: z.string() }).safeParse(spec).data?.gatewayClassName;
}

function unique(keys: readonly ObjectKey[]): ObjectKey[] {
  return [...new Map(keys.map(key => [textOf(key), key])).values()];
}

function textOf({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

/** What was read, which never changes. */
export function still(objects: readonly KubeObject[]): Cache<KubeObject> {
  const held = new Map(objects.map(object => [textOf(object.metadata), object]));
  return {
    get: key => held.get(textOf(key)),
    list: namespace =>
      objects.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
    observe: () => undefined,
  };
}
