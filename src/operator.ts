/** The operator put together: caches feed three queues, and only the leader works on them. */

import { apiVersionOf, Canaries } from './api/resources.ts';
import { type Caches, createCaches } from './caches.ts';
import type { Config } from './config.ts';
import { deliverAlerts } from './controller/deliver-alerts.ts';
import { deliverGit } from './controller/deliver-git.ts';
import type { Ports } from './controller/ports.ts';
import { reconcile } from './controller/reconcile.ts';
import { parseKey, wire } from './controller/wiring.ts';
import { createForge } from './forge/forge.ts';
import { createGitRepository } from './git/repository.ts';
import { createAddressGuard } from './http/address.ts';
import { samplerOn } from './metrics/sampler.ts';
import { createSeriesReader } from './metrics/series/reader.ts';
import { createServers, type Servers } from './metrics/servers.ts';
import { templateProblem } from './metrics/template.ts';
import { createNotifier } from './notify/slack.ts';
import { monotonicNow } from './runtime/clock.ts';
import type { EventRecorder } from './runtime/events.ts';
import type { ConnectedKubeClient } from './runtime/kube.ts';
import type { Log } from './runtime/log.ts';
import type { Clock, KubeClient } from './runtime/port.ts';
import { WorkQueue } from './runtime/queue.ts';
import type { Redactor } from './runtime/redact.ts';
import { createSecretReader, createSecretVersions } from './secrets.ts';
import type { Telemetry } from './server/telemetry.ts';
import { createArgoCdTracer } from './trace/argocd.ts';
import { createFluxTracer } from './trace/flux.ts';
import { createStampTracer } from './trace/stamped.ts';
import { createTracer } from './trace/tracer.ts';
import { createGatewayApiRouter } from './traffic/gateway-api.ts';
import { createKubernetesRouter } from './traffic/kubernetes.ts';
import { createWebhooks } from './webhook/client.ts';
import { createDeploymentWorkload } from './workload/deployment.ts';

export interface OperatorOptions {
  readonly config: Config;
  /** Host of the API server, to which no tenant may lead the operator. */
  readonly apiServer: string;
  readonly client: ConnectedKubeClient;
  /** The same client, whose writes go nowhere while this replica does not lead. */
  readonly kube: KubeClient;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly telemetry: Telemetry;
}

export interface Operator {
  readonly caches: Caches;
  /** Begins to watch; resolves when every cache is filled. */
  watch(): Promise<void>;
  /** Begins to work. */
  lead(): void;
  /** Finishes what is in hand within the time and stops watching. */
  stop(timeoutMs: number): Promise<void>;
  longestRunMs(): number;
}

/** What happens to a run comes in bursts: gathered it is one message and one write, and it stands behind the traffic. */
const gatherMs = 1_000;

export function createOperator(options: OperatorOptions): Operator {
  const { config, client, clock, log, telemetry } = options;
  const caches = createCaches({
    source: client,
    namespaces: config.namespaces,
    clock,
    log,
    metrics: telemetry.reflector,
  });
  const stopping = new AbortController();
  const servers = createServers({
    readSecret: createSecretReader(client, options.redactor),
    defaultServer: { address: config['metrics-server'] },
    clock,
    addresses: addressesOf(options),
    redactor: options.redactor,
  });
  const forge = createForge({
    guard: createAddressGuard(addressesOf(options)),
    now: () => clock.now(),
    hide: secrets => options.redactor.hide([...secrets]),
  });
  const webhooks = createWebhooks({
    guard: createAddressGuard(addressesOf(options)),
    redactor: options.redactor,
    now: () => clock.now(),
  });
  const ports = portsOf(options, caches, { servers, forge, webhooks }, stopping.signal);
  const queue = (name: string, workers: number, work: typeof reconcile) =>
    new WorkQueue({
      name,
      workers,
      clock,
      log,
      metrics: telemetry.queue,
      reconcile: async key => work(parseKey(key), ports),
    });
  const queues = {
    traffic: queue('traffic', config.workers, reconcile),
    git: queue('git', 4, deliverGit),
    alerts: queue('alerts', 8, deliverAlerts),
  };
  wire(caches.canaries, caches, {
    ...queues,
    alerts: { add: key => queues.alerts.addAfter(key, gatherMs) },
  });
  const all = Object.values(queues);
  return {
    caches,
    async watch() {
      for (const cache of Object.values(caches)) cache.start();
      await Promise.all(Object.values(caches).map(async cache => cache.whenSynced()));
    },
    lead() {
      for (const each of all) each.start();
    },
    async stop(timeoutMs) {
      const drained = await Promise.all(all.map(async each => each.drain(timeoutMs)));
      if (drained.includes(false))
        log.warn({ timeoutMs }, 'stopped with work in hand; it is taken up again from status');
      stopping.abort();
      await Promise.all(Object.values(caches).map(async cache => cache.stop()));
      servers.close();
      forge.dispose();
      webhooks.close();
    },
    longestRunMs: () => Math.max(...all.map(each => each.longestRunMs())),
  };
}

function addressesOf({ config, apiServer }: OperatorOptions) {
  return {
    allow: config['allow-addresses'],
    deny: config['deny-addresses'],
    refuse: apiServer === '' ? [] : [apiServer],
  };
}

function portsOf(
  options: OperatorOptions,
  caches: Caches,
  { servers, forge, webhooks }: Pick<Ports, 'forge' | 'webhooks'> & { readonly servers: Servers },
  signal: AbortSignal,
): Ports {
  const { config, kube, clock, log, telemetry } = options;
  const { deployments, services, httproutes, gateways, gatewayclasses } = caches;
  return {
    clock,
    kube,
    canaries: caches.canaries,
    metricTemplates: caches.metrictemplates,
    alertProviders: caches.alertproviders,
    repositories: caches.manifestrepositories,
    workload: createDeploymentWorkload({ kube, deployments, services }),
    routers: {
      gatewayapi: createGatewayApiRouter({
        kube,
        httpRoutes: httproutes,
        gateways,
        gatewayClasses: gatewayclasses,
      }),
      kubernetes: createKubernetesRouter(),
    },
    sampler: samplerOn(servers),
    series: createSeriesReader({ servers, clock }),
    webhooks,
    queryProblem: templateProblem,
    tracer: createTracer([
      createArgoCdTracer({ kube, namespace: config['argocd-namespace'] }),
      createFluxTracer({ kube }),
      createStampTracer(),
    ]),
    forge,
    git: createGitRepository({ cacheDir: config['cache-dir'], clock, log, signal }),
    notifier: createNotifier({
      http: { guard: createAddressGuard(addressesOf(options)) },
      log,
      now: () => clock.now(),
    }),
    readSecret: createSecretReader(options.client, options.redactor),
    secretVersion: createSecretVersions(options.client),
    recordEvent: (canary, { type, reason, note, runId }) => {
      const { name, namespace = '', uid = '' } = canary.metadata;
      const regarding = { apiVersion: apiVersionOf(Canaries), kind: Canaries.kind, namespace, name, uid };
      options.events.record({ regarding, type, reason, action: reason, note, runId });
    },
    observe: telemetry.canary,
    log,
    settings: {
      provider: config.provider,
      selectorLabels: config['selector-labels'],
      operatorNamespace: config['operator-namespace'],
      breakerLimit: config['breaker-limit'],
      breakerWindowMs: config['breaker-seconds'] * 1_000,
      gitWrites: config['git-writes'],
      revertsPerHour: config['reverts-per-hour'],
      ...(config['cluster-name'] === '' ? {} : { clusterName: config['cluster-name'] }),
    },
  };
}

/** For the liveness probe: every watch, and how long the slowest pass has been running. */
export function healthOf(operator: Operator, onLag: (seconds: number) => void) {
  return {
    watches: Object.values(operator.caches),
    monotonicNow,
    longestRunMs: () => operator.longestRunMs(),
    onLag,
  };
}
