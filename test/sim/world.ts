/** The simulated world: a cluster, a gateway, metrics, Git, Slack and one or more operators, all on one virtual clock. */
import {
  AlertProviders,
  Canaries,
  Deployments,
  GatewayClasses,
  Gateways,
  ManifestRepositories,
} from '../../src/api/resources.ts';
import { ManualClock } from '../../src/runtime/manual-clock.ts';
import type { KubeClient, KubeObject } from '../../src/runtime/port.ts';
import type { WebhookAnswer, WebhookRequest } from '../../src/webhook/port.ts';
import { createMemoryKube, type MemoryKube } from '../memory/kube.ts';
import type { Change } from '../memory/store.ts';
import { runDeployments } from './deployments.ts';
import { createEnvironments, type Environments } from './environments.ts';
import { type Effect, type FaultPlan, noFaults } from './faults.ts';
import { createHost, type Host } from './forge.ts';
import { type Gateway, runGateway } from './gateway.ts';
import type { Entry } from './history.ts';
import { createManifests, type Manifests } from './manifests.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { type Operator, startOperator } from './operator.ts';
import { createSlack, type Slack } from './slack.ts';
import { createTraffic, type Traffic } from './traffic.ts';

export const namespace = 'shop';
export const target = { namespace, name: 'podinfo' };
export const primary = { namespace, name: 'podinfo-primary' };

export interface WorldOptions {
  /** How many operators act at once; one is the rule, two is a deposed leader that does not know it yet. */
  readonly operators: number;
  readonly breakerLimit: number;
  readonly gitWrites: boolean;
  readonly startMs: (image: string, deployment: string) => number;
}

const defaults: WorldOptions = {
  operators: 1,
  breakerLimit: 5,
  gitWrites: true,
  startMs: image => (image.includes('broken') ? Number.POSITIVE_INFINITY : 3_000),
};

export class World {
  readonly clock = new ManualClock();
  readonly started = this.clock.now();
  readonly options: WorldOptions;
  readonly history: Entry[] = [];
  /** Every effect with its second: two runs with the same beginning went the same way so far. */
  readonly effects: string[] = [];
  readonly kube: MemoryKube;
  readonly user: KubeClient;
  readonly metrics: Metrics;
  readonly traffic: Traffic;
  readonly manifests: Manifests;
  readonly host: Host;
  readonly environments: Environments = createEnvironments(this);
  readonly slack: Slack;
  readonly gateway: Gateway;
  gatewayRefuses = false;
  /** Of every Secret. */
  secretVersion = '1';
  /** What every webhook answers. */
  webhook: (request: WebhookRequest) => WebhookAnswer = () => ({ kind: 'answered', status: 200, text: '' });
  gatewayMs = 300;
  faults: FaultPlan = noFaults;
  private readonly operators = new Map<string, Operator>();

  constructor(options: Partial<WorldOptions> = {}) {
    this.options = { ...defaults, ...options };
    this.kube = createMemoryKube({ now: () => this.clock.now() });
    this.kube.subscribe(change => this.record({ type: 'object', at: this.clock.now(), change }));
    this.user = this.kube.client('kubectl');
    this.metrics = createMetrics(this);
    this.traffic = createTraffic(this, target);
    this.host = createHost(this);
    this.slack = createSlack(this);
    this.manifests = createManifests(this, target, 'app:v1');
    runDeployments(this.kube, this.clock, { lagMs: 100, startMs: this.options.startMs });
    this.gateway = runGateway(this.kube, this.clock, {
      acceptMs: () => this.gatewayMs,
      refuses: () => this.gatewayRefuses,
    });
  }

  record(entry: Entry): void {
    this.history.push(entry);
  }

  countEffect(effect: Effect): number {
    return this.effects.push(`${this.seconds()} ${effect.what}`);
  }

  /** Seconds of virtual time since the beginning. */
  seconds(): number {
    return (this.clock.now() - this.started) / 1_000;
  }

  at(seconds: number, act: () => unknown): void {
    this.clock.after(Math.max(0, seconds * 1_000 - (this.clock.now() - this.started)), () => void act());
  }

  /** Acts once, as soon as a stored object is so. */
  when(holds: (change: Change) => boolean, act: () => unknown): void {
    const stop = this.kube.subscribe(change => {
      if (!holds(change)) return;
      stop();
      this.clock.after(5, () => void act());
    });
  }

  /** What the platform team and the users have before there is a Canary. */
  async install(): Promise<void> {
    const { user } = this;
    await user.create(GatewayClasses, {
      metadata: { name: 'traefik' },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    });
    await user.create(Gateways, {
      metadata: { namespace, name: 'gateway' },
      spec: { gatewayClassName: 'traefik' },
    });
    await user.create(AlertProviders, {
      metadata: { namespace, name: 'slack' },
      spec: { type: 'slack', channel: 'releases', secretRef: { name: 'slack' } },
    });
    await user.create(ManifestRepositories, {
      metadata: { name: 'manifests' },
      spec: {
        url: 'https://git.example.com/acme/manifests.git',
        allow: { namespaces: ['shop'], paths: ['apps/**'] },
      },
    });
    await user.create(Deployments, {
      metadata: { ...target },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'podinfo' } },
        template: {
          metadata: { labels: { app: 'podinfo' } },
          spec: { containers: [{ name: 'app', image: this.manifests.head().image }] },
        },
      },
    });
    for (let index = 1; index <= this.options.operators; index += 1) this.start(`siskin-${index}`);
  }

  start(name: string): void {
    this.record({ type: 'start', at: this.clock.now(), operator: name });
    this.operators.set(name, startOperator(this, name));
  }

  /** Kills the process; its supervisor starts it again. */
  crash(name: string, downMs = 2_000): void {
    const operator = this.operators.get(name);
    if (operator === undefined) return;
    operator.kill();
    this.operators.delete(name);
    this.record({ type: 'crash', at: this.clock.now(), operator: name });
    this.clock.after(downMs, () => this.start(name));
  }

  running(): readonly Operator[] {
    return [...this.operators.values()];
  }

  async run(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1_000);
  }

  canary(name = target.name): KubeObject | undefined {
    return this.kube.peek(Canaries, { namespace, name });
  }
}
