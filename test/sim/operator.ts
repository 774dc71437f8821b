/** One operator process: the real controller on its own caches and queues, which dies without a trace and is started anew. */
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
} from '../../src/api/resources.ts';
import { deliverAlerts } from '../../src/controller/deliver-alerts.ts';
import { deliverGit } from '../../src/controller/deliver-git.ts';
import type { Ports } from '../../src/controller/ports.ts';
import { type Result, reconcile } from '../../src/controller/reconcile.ts';
import { type Changing, parseKey, wire } from '../../src/controller/wiring.ts';
import { ForgeError } from '../../src/forge/port.ts';
import { GitError } from '../../src/git/port.ts';
import { templateProblem } from '../../src/metrics/template.ts';
import { NotifyError } from '../../src/notify/errors.ts';
import { ApiError, TerminalError, TransientError } from '../../src/runtime/errors.ts';
import { type Log, silentLog } from '../../src/runtime/log.ts';
import type { Clock, KubeObject, ObjectKey, Resource } from '../../src/runtime/port.ts';
import { WorkQueue } from '../../src/runtime/queue.ts';
import { createArgoCdTracer } from '../../src/trace/argocd.ts';
import { createFluxTracer } from '../../src/trace/flux.ts';
import { createStampTracer } from '../../src/trace/stamped.ts';
import { createTracer } from '../../src/trace/tracer.ts';
import { createGatewayApiRouter } from '../../src/traffic/gateway-api.ts';
import { createKubernetesRouter } from '../../src/traffic/kubernetes.ts';
import { createDeploymentWorkload } from '../../src/workload/deployment.ts';
import { createMemoryCache, type MemoryCache } from '../memory/cache.ts';
import { createGate, gatedKube, type Life } from './gate.ts';
import type { World } from './world.ts';

export interface Operator {
  readonly name: string;
  kill(): void;
  /** Timers of this process: an idle one has none. */
  timers(): number;
  /** Its wall clock moves, as NTP moves it; its timers do not. */
  jump(ms: number): void;
  /** Its caches list again, as reflectors do when their watches end. */
  relist(): void;
}

const relistMs = 15_000;

export function startOperator(world: World, name: string): Operator {
  const life: Life = { operator: name, dead: false };
  const gate = createGate(world, life);
  const kube = gatedKube(world, gate, life);
  const { clock, timers, jump } = processClock(world, life);
  const caches: MemoryCache<KubeObject>[] = [];

  function cacheOf(resource: Resource): MemoryCache<KubeObject> & Changing {
    const cache = createMemoryCache<KubeObject>(world.kube, resource, (change, put) => {
      if (life.dead) return;
      const { delayMs, dropped, repeated } = world.faults.delivery(name);
      const deliver = () => {
        if (!life.dead) put(change);
      };
      if (dropped === true) world.clock.after(relistMs, () => life.dead || cache.relist());
      else world.clock.after(delayMs, deliver);
      if (repeated === true) world.clock.after(delayMs + 500, deliver);
    });
    caches.push(cache);
    const tells: Changing = {
      onChange(handler) {
        const tell = ({ metadata }: KubeObject) => {
          if (!life.dead) handler(metadata, cache.get(metadata), undefined);
        };
        cache.onChange(tell);
        for (const object of cache.list()) tell(object);
      },
    };
    return Object.assign({ ...cache }, tells);
  }

  const canaries = cacheOf(Canaries);
  const deployments = cacheOf(Deployments);
  const services = cacheOf(Services);
  const httproutes = cacheOf(HttpRoutes);
  const gateways = cacheOf(Gateways);
  const gatewayClasses = cacheOf(GatewayClasses);
  const metrictemplates = cacheOf(MetricTemplates);
  const alertproviders = cacheOf(AlertProviders);
  const manifestrepositories = cacheOf(ManifestRepositories);

  const ports: Ports = {
    clock,
    kube,
    canaries,
    metricTemplates: metrictemplates,
    alertProviders: alertproviders,
    repositories: manifestrepositories,
    workload: createDeploymentWorkload({ kube, deployments, services }),
    routers: {
      gatewayapi: createGatewayApiRouter({ kube, httpRoutes: httproutes, gateways, gatewayClasses }),
      kubernetes: createKubernetesRouter(),
    },
    sampler: world.metrics.sampler(gate),
    series: world.traffic.reader(gate),
    webhooks: {
      ask: async request =>
        gate
          .pass({ what: 'ask webhook', mutates: false, remote: true }, () => world.webhook(request))
          .catch((error: unknown) => ({ kind: 'error' as const, why: String(error) })),
    },
    queryProblem: templateProblem,
    tracer: createTracer([
      createArgoCdTracer({ kube, namespace: 'argocd' }),
      createFluxTracer({ kube }),
      createStampTracer(),
    ]),
    git: world.manifests.port(gate),
    forge: world.host.port(gate),
    notifier: world.slack.notifier(gate, life),
    readSecret: () =>
      gate.pass({ what: 'get secret', mutates: false, remote: false }, () => ({ token: Buffer.from('t') })),
    secretVersion: () =>
      gate.pass({ what: 'get secret version', mutates: false, remote: false }, () => world.secretVersion),
    recordEvent: (_canary, { reason, note }) =>
      world.record({ type: 'event', at: world.clock.now(), reason, note }),
    observe: {
      phase: () => undefined,
      forget: () => undefined,
      diverged: () => undefined,
      verdict: () => undefined,
      finished: () => undefined,
      reverted: () => undefined,
      notified: () => undefined,
    },
    log: silentLog,
    settings: {
      provider: 'gatewayapi:v1',
      selectorLabels: ['app'],
      operatorNamespace: 'siskin-system',
      breakerLimit: world.options.breakerLimit,
      breakerWindowMs: 600_000,
      gitWrites: world.options.gitWrites,
      revertsPerHour: 1_000,
    },
  };

  function queueOf(queue: string, run: (key: ObjectKey, ports: Ports) => Promise<Result>): WorkQueue {
    return new WorkQueue({
      name: queue,
      workers: 4,
      clock,
      log: suspicious(world),
      random: () => 0.5,
      reconcile: key => run(parseKey(key), ports),
    });
  }
  const queues = {
    traffic: queueOf('traffic', reconcile),
    git: queueOf('git', deliverGit),
    alerts: queueOf('alerts', deliverAlerts),
  };
  for (const queue of Object.values(queues)) queue.start();
  wire(
    canaries,
    { deployments, services, httproutes, gateways, metrictemplates, alertproviders, manifestrepositories },
    queues,
  );

  return {
    name,
    kill() {
      life.dead = true;
    },
    timers,
    jump,
    relist() {
      for (const cache of caches) cache.relist();
    },
  };
}

/** Mortal timers, and a wall clock of its own; a controller that runs hot is found out instead of hanging the simulator. */
function processClock(world: World, life: Life): { clock: Clock; timers(): number; jump(ms: number): void } {
  let skew = 0;
  let waiting = 0;
  let at = 0;
  let fired = 0;
  const clock: Clock = {
    now: () => world.clock.now() + skew,
    after(ms, call) {
      waiting += 1;
      const cancel = world.clock.after(ms, () => {
        waiting -= 1;
        if (life.dead) return;
        fired = world.clock.now() === at ? fired + 1 : 0;
        at = world.clock.now();
        if (fired > 300) throw new Error('hot loop: the operator runs again and again at one moment');
        call();
      });
      let cancelled = false;
      return () => {
        if (!cancelled) waiting -= 1;
        cancelled = true;
        cancel();
      };
    },
  };
  return {
    clock,
    timers: () => waiting,
    jump(ms) {
      skew += ms;
    },
  };
}

/** The queue survives every error, so a defect would hide in its log: only errors of the outer world are expected there. */
function suspicious(world: World): Log {
  function look(fields: object): void {
    const error: unknown = Reflect.get(fields, 'err');
    const expected = [ApiError, TerminalError, TransientError, GitError, ForgeError, NotifyError];
    if (error === undefined || expected.some(kind => error instanceof kind)) return;
    world.record({
      type: 'defect',
      at: world.clock.now(),
      what: error instanceof Error ? (error.stack ?? error.message) : 'something that is no error was thrown',
    });
  }
  return { ...silentLog, error: look, warn: look };
}
