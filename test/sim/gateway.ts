/** A gateway controller: takes up a route's newest generation after a while, or refuses it while told to. */
import { HttpRoutes } from '../../src/api/resources.ts';
import type { Clock, KubeObject } from '../../src/runtime/port.ts';
import { dig, isRecord } from '../memory/json.ts';
import type { MemoryKube } from '../memory/kube.ts';

export interface GatewayTimes {
  acceptMs(): number;
  /** While true, no route is accepted. */
  refuses(): boolean;
}

/** The weights of a route as they are written; undefined where nothing leads to the primary or the canary. */
export function integersOf(route: KubeObject | undefined): { primary: number; canary: number } | undefined {
  const rules = dig(route?.spec, 'rules');
  for (const rule of Array.isArray(rules) ? rules : []) {
    const backends = dig(rule, 'backendRefs');
    const found = (Array.isArray(backends) ? backends : []).filter(isRecord);
    const weight = (suffix: string) =>
      found.find(backend => String(backend['name']).endsWith(suffix))?.['weight'] ?? undefined;
    const primary = weight('-primary');
    const canary = weight('-canary');
    if (primary === undefined && canary === undefined) continue;
    return { primary: Number(primary ?? 0), canary: Number(canary ?? 0) };
  }
  return undefined;
}

/** Percent of a route's requests that both Services get. */
export function weightsOf(route: KubeObject | undefined): { primary: number; canary: number } | undefined {
  const integers = integersOf(route);
  if (integers === undefined) return undefined;
  const { primary, canary } = integers;
  const sum = primary + canary;
  return sum > 0 ? { primary: (100 * primary) / sum, canary: (100 * canary) / sum } : integers;
}

export interface Gateway {
  /** What the data plane does now: the weights of the generation it took up last. */
  effective(namespace: string, name: string): { primary: number; canary: number } | undefined;
  /** Looks at all routes again, after `refuses` changed. */
  review(): void;
}

export function runGateway(kube: MemoryKube, clock: Clock, times: GatewayTimes): Gateway {
  const client = kube.client('gateway-controller');
  const taken = new Map<string, { primary: number; canary: number } | undefined>();

  async function answer(namespace: string, name: string): Promise<void> {
    const route = kube.peek(HttpRoutes, { namespace, name });
    if (route === undefined) return;
    const refused = times.refuses();
    if (!refused) taken.set(`${namespace}/${name}`, weightsOf(route));
    const parents = dig(route.spec, 'parentRefs');
    const condition = (type: string) => ({
      type,
      status: refused ? 'False' : 'True',
      reason: refused ? 'NotAllowedByListeners' : 'Accepted',
      message: refused ? 'no listener takes it' : '',
      observedGeneration: route.metadata.generation,
    });
    await client.patch(
      HttpRoutes,
      { namespace, name },
      {
        status: {
          parents: (Array.isArray(parents) ? parents : []).map((parentRef: unknown) => ({
            parentRef,
            controllerName: 'traefik.io/gateway-controller',
            conditions: [condition('Accepted'), condition('ResolvedRefs')],
          })),
        },
      },
      { subresource: 'status' },
    );
  }

  function later(route: KubeObject): void {
    const { namespace = '', name } = route.metadata;
    clock.after(times.acceptMs(), () => void answer(namespace, name));
  }

  const seen = new Map<string, number>();
  kube.subscribe(({ resource, object, type }) => {
    if (resource.kind !== 'HTTPRoute') return;
    const { namespace = '', name, generation = 0 } = object.metadata;
    const id = `${namespace}/${name}`;
    if (type === 'DELETED') {
      taken.delete(id);
      seen.delete(id);
      return;
    }
    if (seen.get(id) === generation) return;
    seen.set(id, generation);
    later(object);
  });

  return {
    effective: (namespace, name) => taken.get(`${namespace}/${name}`),
    review() {
      for (const route of kube.all(HttpRoutes)) later(route);
    },
  };
}
