/** The caches of the operator: one watch per kind, each keeping only what is read. */
import {
  AlertProviders,
  Canaries,
  Deployments,
  GatewayClasses,
  Gateways,
  HttpRoutes,
  ManifestRepositories,
  MetricTemplates,
  Services,
} from './api/resources.ts';
import type { Log } from './runtime/log.ts';
import type { Clock, KubeObject, Resource } from './runtime/port.ts';
import { Reflector, stripped } from './runtime/reflector.ts';
import type { ReflectorMetrics } from './runtime/watch-loop.ts';
import type { WatchSource } from './runtime/watch-source.ts';

export interface Caches {
  readonly canaries: Reflector<KubeObject>;
  readonly metrictemplates: Reflector<KubeObject>;
  readonly alertproviders: Reflector<KubeObject>;
  readonly manifestrepositories: Reflector<KubeObject>;
  readonly deployments: Reflector<KubeObject>;
  readonly services: Reflector<KubeObject>;
  readonly httproutes: Reflector<KubeObject>;
  readonly gateways: Reflector<KubeObject>;
  readonly gatewayclasses: Reflector<KubeObject>;
}

export interface CacheOptions {
  readonly source: WatchSource;
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ReflectorMetrics;
}

export function createCaches({ source, namespaces, clock, log, metrics }: CacheOptions): Caches {
  const cache = (resource: Resource, absentOk = false, within = namespaces) =>
    new Reflector<KubeObject>({
      source,
      resource,
      namespaces: within,
      absentOk,
      clock,
      log,
      metrics,
      keep: stripped,
    });
  return {
    canaries: cache(Canaries),
    metrictemplates: cache(MetricTemplates),
    alertproviders: cache(AlertProviders),
    manifestrepositories: cache(ManifestRepositories),
    deployments: cache(Deployments),
    services: cache(Services),
    // A cluster for blue/green alone has no Gateway API.
    httproutes: cache(HttpRoutes, true),
    // They stand in a namespace of the platform's, whichever namespaces are watched.
    gateways: cache(Gateways, true, []),
    gatewayclasses: cache(GatewayClasses, true),
  };
}
