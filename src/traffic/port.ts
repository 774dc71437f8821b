/** The traffic port: who of primary and canary gets how many percent of the requests. */
import type { CanaryRef, Metadata } from '../workload/port.ts';

/** Percentages that sum to 100; not always whole ones. */
export interface Weights {
  readonly primary: number;
  readonly canary: number;
}

/** What the adapter needs to know of a Canary's spec. */
export interface RouteIntent {
  readonly canary: CanaryRef;
  /** The apex Service's name, which is also the route's. */
  readonly service: string;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly gatewayRefs: readonly ParentReference[];
  /** Flagger's `service.match`, `rewrite`, `headers`, `timeout`, `backendTimeout`, `corsPolicy`, `mirror`, as written. */
  readonly rules: Readonly<Record<string, unknown>>;
  readonly metadata: Metadata;
}

export interface ParentReference {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface RouteView {
  /** What the route's object asks of the data plane now; undefined while there is no route. */
  readonly weights?: Weights;
  /** The data plane has accepted exactly the current generation from every parent that Siskin names. */
  readonly accepted: boolean;
  /** Everything owned but the weights is as the spec says; false makes the controller apply again. */
  readonly current: boolean;
  /** For people, why it is not accepted. */
  readonly message?: string;
  /** What keeps it from working until somebody acts: `GatewayMissing`, `RouteConflict`, … */
  readonly problem?: { readonly reason: string; readonly message: string };
}

/**
 * One adapter per provider. `observe` reads caches only; every write is one conditional write that touches owned fields
 * only. A route that was there before stays its author's: parents, hosts, matches and filters are kept, and only the
 * backends of those rules which lead to the apex Service are written; `rules` of the intent count for a route of our own.
 */
export interface Router {
  observe(intent: RouteIntent): RouteView;
  /** Writes the route with these weights; in one write, so that every version sums to 100, or to 10,000 where a percentage is not whole. No request when nothing differs. */
  apply(intent: RouteIntent, weights: Weights): Promise<void>;
  /**
   * Before the Canary goes, once the apex Service leads to the target again: sends everything to the apex Service and
   * lets go of the route, so that garbage collection leaves it. Call it only while the target exists: without one our own
   * route has nothing to serve and goes with the Canary. A missing route is fine.
   */
  release(intent: RouteIntent): Promise<void>;
  /** The `GatewayClass` controller behind the route, for example `traefik.io/gateway-controller`; chooses built-in queries. */
  controllerName(intent: RouteIntent): string | undefined;
}
