/** What the bench sees of the world by watching it: the present of Canaries and targets, and every version of the routes. */
import type { CanaryStatus } from '../../src/api/canary-status.ts';
import { Canaries, Deployments, HttpRoutes } from '../../src/api/resources.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLog } from '../../src/runtime/log.ts';
import type { KubeObject, Resource } from '../../src/runtime/port.ts';
import { Reflector } from '../../src/runtime/reflector.ts';
import type { WatchSource } from '../../src/runtime/watch-source.ts';
import { type WaitOptions, waitFor } from '../kind/lib/wait.ts';

type Canary = KubeObject & { readonly status?: CanaryStatus };
export type Target = KubeObject & {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly observedGeneration?: number };
};
export type Route = KubeObject & {
  readonly spec?: {
    readonly parentRefs?: readonly unknown[];
    readonly rules?: readonly {
      readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[];
    }[];
  };
  readonly status?: {
    readonly parents?: readonly {
      readonly conditions?: readonly { readonly observedGeneration?: number }[];
    }[];
  };
};

export interface RouteVersion {
  readonly generation: number;
  readonly canaryWeight: number;
}

const resting = new Set(['Initialized', 'Succeeded', 'Failed']);

export class History {
  readonly canaries: Reflector<Canary>;
  readonly deployments: Reflector<Target>;
  readonly routes: Reflector<Route>;
  private readonly namespace: string;
  private readonly versions = new Map<string, RouteVersion[]>();
  /** When the latest deciding check of each Canary was due, ms since the epoch. */
  private readonly due = new Map<string, number>();

  constructor(source: WatchSource, namespace: string) {
    this.namespace = namespace;
    const cache = <T extends KubeObject>(resource: Resource) =>
      new Reflector<T>({
        source,
        resource,
        namespaces: [namespace],
        clock: systemClock,
        log: silentLog,
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API server's schema is the check
        keep: object => object as T,
      });
    this.canaries = cache<Canary>(Canaries);
    this.deployments = cache<Target>(Deployments);
    this.routes = cache<Route>(HttpRoutes);
    this.routes.onChange((key, route) => this.take(key.name, route));
    this.canaries.onChange((key, canary) => {
      const { phase, run } = canary?.status ?? {};
      if (phase === 'Progressing' && run?.weightAt !== undefined && run.dueAt !== undefined)
        this.due.set(key.name, Date.parse(run.dueAt));
    });
  }

  async start(): Promise<void> {
    for (const cache of [this.canaries, this.deployments, this.routes]) {
      cache.start();
      await cache.whenSynced();
    }
  }

  async stop(): Promise<void> {
    for (const cache of [this.canaries, this.deployments, this.routes]) await cache.stop();
  }

  status(name: string): CanaryStatus {
    return this.canaries.get({ namespace: this.namespace, name })?.status ?? {};
  }

  /** Every version of the route so far, oldest first. */
  weights(name: string): readonly RouteVersion[] {
    return this.versions.get(name) ?? [];
  }

  dueAt(name: string): number | undefined {
    return this.due.get(name);
  }

  /** The operator has read the present spec and said so: no status write for it is still to come. */
  isRead(name: string): boolean {
    const canary = this.canaries.get({ namespace: this.namespace, name });
    return canary?.status?.observedGeneration === canary?.metadata.generation;
  }

  /** At rest: no run, no pods of the canary, nothing owed to Git or to people. */
  isQuiet(name: string): boolean {
    const { phase = '', outbox = [] } = this.status(name);
    const target = this.deployments.get({ namespace: this.namespace, name });
    const observed = target?.status?.observedGeneration === target?.metadata.generation;
    return resting.has(phase) && outbox.length === 0 && target?.spec?.replicas === 0 && observed;
  }

  async until(
    what: string,
    names: readonly string[],
    holds: (name: string) => boolean,
    options: WaitOptions = {},
  ): Promise<void> {
    await waitFor(
      what,
      () => {
        const open = names.filter(name => !holds(name));
        if (open.length === 0) return true;
        const [first = ''] = open;
        const { phase, reason, message, outbox } = this.status(first);
        const owed = outbox?.map(({ kind, lastError = '' }) => `${kind} ${lastError}`).join(', ');
        throw new Error(
          `${open.length} of ${names.length} open; ${first}: ${phase}, ${reason}: ${message}; owed: ${owed}`,
        );
      },
      { timeoutMs: 60_000, everyMs: 20, ...options },
    );
  }

  private take(name: string, route: Route | undefined): void {
    const generation = route?.metadata.generation;
    if (generation === undefined) return;
    const known = this.versions.get(name) ?? [];
    if ((known.at(-1)?.generation ?? 0) >= generation) return;
    const backends = route?.spec?.rules?.flatMap(rule => rule.backendRefs ?? []) ?? [];
    const canaryWeight = backends.find(backend => backend.name.endsWith('-canary'))?.weight ?? 0;
    this.versions.set(name, [...known, { generation, canaryWeight }]);
  }
}
