/** Plays what a control plane without nodes lacks: Deployments whose pods are ready after a while, a gateway that accepts routes. */
import { Deployments, GatewayClasses, Gateways, HttpRoutes } from '../../../src/api/resources.ts';
import type { KubeClient, ObjectKey, Resource } from '../../../src/runtime/port.ts';
import type { Reflector } from '../../../src/runtime/reflector.ts';
import type { Route, Target } from '../history.ts';

/** From a change of a Deployment's spec to its status saying that all pods are ready. */
const readyAfterMs = 500;

const controllerName = 'traefik.io/gateway-controller';
export const gateway = { name: 'gateway', namespace: 'bench' } as const;

export interface Controllers {
  /** Status writes that failed for another reason than an object that went away. */
  readonly failures: Error[];
  stop(): void;
}

export async function createGateway(kube: KubeClient): Promise<void> {
  await kube.create(GatewayClasses, { metadata: { name: 'bench' }, spec: { controllerName } });
  const listeners = [
    { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } },
  ];
  await kube.create(Gateways, { metadata: gateway, spec: { gatewayClassName: 'bench', listeners } });
}

export function startControllers(
  kube: KubeClient,
  deployments: Reflector<Target>,
  routes: Reflector<Route>,
): Controllers {
  const timers = new Map<string, NodeJS.Timeout>();
  const failures: Error[] = [];

  function write(resource: Resource, key: ObjectKey, status: object): void {
    kube.patch(resource, key, { status }, { subresource: 'status' }).catch((error: unknown) => {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    });
  }

  function rollOut(key: ObjectKey): void {
    const object = deployments.get(key);
    if (object === undefined) return;
    const replicas = object.spec?.replicas ?? 1;
    const at = new Date().toISOString();
    const condition = { status: 'True', lastUpdateTime: at, lastTransitionTime: at, message: '' };
    write(Deployments, key, {
      observedGeneration: object.metadata.generation,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      conditions: [
        { ...condition, type: 'Available', reason: 'MinimumReplicasAvailable' },
        { ...condition, type: 'Progressing', reason: 'NewReplicaSetAvailable' },
      ],
    });
  }

  deployments.onChange((key, object) => {
    const { generation } = object?.metadata ?? {};
    if (generation === undefined || object?.status?.observedGeneration === generation) return;
    const id = `${key.namespace}/${key.name}`;
    clearTimeout(timers.get(id));
    timers.set(
      id,
      setTimeout(() => rollOut(key), readyAfterMs),
    );
  });

  routes.onChange((key, object) => {
    const { generation } = object?.metadata ?? {};
    const seen = object?.status?.parents?.[0]?.conditions?.[0]?.observedGeneration;
    if (object === undefined || generation === undefined || seen === generation) return;
    const at = new Date().toISOString();
    const conditions = ['Accepted', 'ResolvedRefs'].map(type => ({
      type,
      status: 'True',
      reason: type,
      message: '',
      lastTransitionTime: at,
      observedGeneration: generation,
    }));
    const parents = (object.spec?.parentRefs ?? []).map(parentRef => ({
      parentRef,
      controllerName,
      conditions,
    }));
    write(HttpRoutes, key, { parents });
  });

  return {
    failures,
    stop() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
