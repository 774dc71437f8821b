/** The stories which are told to the controller, with and without faults. Their ends do not depend on when exactly something happens. */
import { Canaries, Deployments, Services } from '../../src/api/resources.ts';
import type { Change } from '../memory/store.ts';
import { statusOf } from './oracle/replay.ts';
import { namespace, primary, target, type World, type WorldOptions } from './world.ts';

export interface Scenario {
  readonly name: string;
  readonly options?: Partial<WorldOptions>;
  /** Changes to the Canary's spec. */
  readonly spec?: (spec: CanarySpecDraft) => void;
  readonly before?: (world: World) => Promise<unknown>;
  readonly script: (world: World) => void;
  /** Virtual seconds until everything is over. */
  readonly seconds: number;
  readonly passes?: number;
}

export interface CanarySpecDraft {
  provider?: string;
  skipAnalysis?: boolean;
  suspend?: boolean;
  targetRef: Record<string, string>;
  service: Record<string, unknown>;
  progressDeadlineSeconds: number;
  analysis: Record<string, unknown>;
  rollback: Record<string, unknown>;
}

/** Failed samples that fail a release, in every scenario. */
export const threshold = 2;

export function canarySpec(): CanarySpecDraft {
  return {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target.name },
    service: { port: 9898, gatewayRefs: [{ name: 'gateway' }], hosts: ['shop.example.com'] },
    progressDeadlineSeconds: 60,
    analysis: {
      interval: '10s',
      threshold,
      stepWeight: 20,
      maxWeight: 60,
      metrics: [{ name: 'success', interval: '10s', query: 'up', thresholdRange: { min: 99 } }],
      alerts: [{ name: 'releases', severity: 'info', providerRef: { name: 'slack' } }],
      undecided: { noData: { timeLimit: '5m', policy: 'Hold' }, error: { timeLimit: '5m', policy: 'Hold' } },
    },
    rollback: { git: { repositoryRef: { name: 'manifests' }, path: 'apps/podinfo', mode: 'Commit' } },
  };
}

export async function createCanary(
  world: World,
  scenario: Pick<Scenario, 'spec'>,
  name = target.name,
): Promise<void> {
  const spec = canarySpec();
  scenario.spec?.(spec);
  await world.user.create(Canaries, { metadata: { namespace, name }, spec });
}

export async function play(world: World, scenario: Scenario): Promise<void> {
  await world.install();
  await scenario.before?.(world);
  await createCanary(world, scenario);
  scenario.script(world);
  await world.run(scenario.seconds);
}

/** Bad images measure badly. */
export function byImage(image: string): number {
  return image.includes('bad') ? 50 : 100;
}

function reached(phase: string, weight = 0): (change: Change) => boolean {
  return ({ resource, object }) => {
    if (resource.kind !== 'Canary') return false;
    const status = statusOf(object);
    return status.phase === phase && (status.canaryWeight ?? 0) >= weight;
  };
}

function push(world: World, seconds: number, image: string): void {
  world.at(seconds, () => world.manifests.push(image));
}

function judge(world: World): void {
  world.metrics.script = byImage;
}

const release = (world: World): void => push(world, 20, 'app:v2');

export const scenarios: readonly Scenario[] = [
  { name: 'initialise', script: () => undefined, seconds: 60, passes: 1 },
  {
    name: 'adopt a Service',
    before: world =>
      world.user.create(Services, {
        metadata: { ...target, labels: { team: 'shop' }, annotations: { note: 'ours' } },
        spec: { selector: { app: 'podinfo' }, ports: [{ name: 'http', port: 9898 }] },
      }),
    script: release,
    seconds: 200,
  },
  { name: 'a good release', script: release, seconds: 200 },
  {
    name: 'a bad release is rolled back and reverted',
    script(world) {
      judge(world);
      push(world, 20, 'app:bad');
    },
    seconds: 200,
  },
  {
    name: 'a bad release, then a fixed one',
    script(world) {
      judge(world);
      push(world, 20, 'app:bad');
      push(world, 120, 'app:v3');
    },
    seconds: 400,
  },
  {
    name: 'a new revision during a run',
    script(world) {
      release(world);
      world.when(reached('Progressing', 40), () => world.manifests.push('app:v3'));
    },
    seconds: 400,
  },
  {
    name: 'the target returns to the promoted revision during a run',
    script(world) {
      release(world);
      world.when(reached('Progressing', 40), () => world.manifests.push('app:v1'));
    },
    seconds: 300,
  },
  {
    name: 'a release turns bad after its promotion',
    spec(spec) {
      const metrics = [{ name: 'success', interval: '10s', query: 'up', thresholdRange: { min: 99 } }];
      spec.rollback['watch'] = { for: '5m', interval: '10s', threshold, metrics };
    },
    script(world) {
      release(world);
      world.metrics.script = (image, at) => (at > 120 && image === 'app:v2' ? 50 : 100);
    },
    seconds: 400,
  },
  { name: 'pods never become ready', script: world => push(world, 20, 'app:broken'), seconds: 300 },
  {
    name: 'metrics are down for a while',
    script(world) {
      release(world);
      world.metrics.script = (image, at) => (at > 30 && at < 100 ? 'error' : byImage(image));
    },
    seconds: 400,
  },
  {
    name: 'there is no data at first, and NaN',
    script(world) {
      release(world);
      world.metrics.script = (image, at) => (at < 60 ? 'noData' : at < 90 ? Number.NaN : byImage(image));
    },
    seconds: 400,
  },
  {
    name: 'no data ever, until the time limit takes the traffic back',
    spec(spec) {
      spec.analysis['undecided'] = { noData: { timeLimit: '1m', policy: 'Rollback' } };
    },
    script(world) {
      release(world);
      world.metrics.script = () => 'noData';
    },
    seconds: 300,
  },
  {
    name: 'the primary is slow to promote',
    options: { startMs: (_image, deployment) => (deployment === primary.name ? 40_000 : 3_000) },
    script: world => push(world, 80, 'app:v2'),
    seconds: 400,
  },
  {
    name: 'a new revision in Promoting, as soon as it is committed',
    script(world) {
      release(world);
      world.when(reached('Promoting'), () =>
        world.user.patch(Deployments, target, {
          spec: { template: { spec: { containers: [{ name: 'app', image: 'app:v3' }] } } },
        }),
      );
    },
    seconds: 400,
  },
  {
    name: 'a new revision in Promoting, after the primary was written',
    options: { startMs: (_image, deployment) => (deployment === primary.name ? 20_000 : 3_000) },
    script(world) {
      push(world, 60, 'app:v2');
      world.when(
        ({ object }) =>
          object.metadata.name === primary.name && JSON.stringify(object.spec ?? {}).includes('app:v2'),
        () => world.manifests.push('app:v3'),
      );
    },
    seconds: 500,
  },
  {
    name: 'a bad revision in Promoting, after the primary was written',
    options: { startMs: (_image, deployment) => (deployment === primary.name ? 20_000 : 1_000) },
    script(world) {
      judge(world);
      push(world, 60, 'app:v2');
      world.when(
        ({ object }) =>
          object.metadata.name === primary.name && JSON.stringify(object.spec ?? {}).includes('app:v2'),
        () => world.manifests.push('app:bad'),
      );
    },
    seconds: 500,
  },
  {
    name: 'blue/green without a router',
    spec(spec) {
      spec.provider = 'kubernetes';
      spec.service = { port: 9898 };
      delete spec.analysis['stepWeight'];
      delete spec.analysis['maxWeight'];
      spec.analysis['iterations'] = 3;
    },
    script(world) {
      judge(world);
      release(world);
      push(world, 120, 'app:bad');
    },
    seconds: 300,
  },
  {
    name: 'blue/green behind a gateway',
    spec(spec) {
      delete spec.analysis['stepWeight'];
      delete spec.analysis['maxWeight'];
      spec.analysis['iterations'] = 3;
    },
    script: release,
    seconds: 300,
  },
  {
    name: 'analysis is skipped',
    spec(spec) {
      spec.skipAnalysis = true;
    },
    script: release,
    seconds: 200,
    passes: 0,
  },
  {
    name: 'the primary takes the traffic back in steps',
    spec(spec) {
      spec.analysis['stepWeightPromotion'] = 20;
    },
    script: release,
    seconds: 300,
  },
  ...(['Initializing', 'Initialized', 'Progressing', 'Promoting', 'Finalising', 'Failed'] as const).map(
    phase => ({
      name: `deletion in ${phase}`,
      script(world: World) {
        judge(world);
        push(world, 20, phase === 'Failed' ? 'app:bad' : 'app:v2');
        world.manifests.mode = phase === 'Failed' ? 'down' : 'up';
        world.when(reached(phase), () => world.user.delete(Canaries, target));
        world.at(60, () => {
          if (
            world.canary()?.metadata.deletionTimestamp === undefined &&
            world.canary() !== undefined &&
            phase !== 'Promoting' &&
            phase !== 'Finalising'
          )
            void world.user.delete(Canaries, target);
        });
      },
      seconds: 300,
    }),
  ),
  {
    name: 'suspended for a while during a run',
    script(world) {
      release(world);
      world.when(reached('Progressing', 40), () =>
        world.user.patch(Canaries, target, { spec: { suspend: true } }),
      );
      world.at(150, () => world.user.patch(Canaries, target, { spec: { suspend: false } }));
    },
    seconds: 400,
  },
  {
    name: 'a quarantined revision comes back',
    script(world) {
      judge(world);
      push(world, 20, 'app:bad');
      push(world, 120, 'app:v3');
      push(world, 300, 'app:bad');
    },
    seconds: 450,
  },
  {
    name: 'two Canaries on one target',
    script(world) {
      release(world);
      world.at(5, () => createCanary(world, {}, 'younger'));
    },
    seconds: 300,
  },
  {
    name: 'the target is scaled by hand during a run',
    script(world) {
      release(world);
      world.when(reached('Progressing', 40), () =>
        world.user.patch(Deployments, target, { spec: { replicas: 0 } }),
      );
      world.at(55, () => world.user.patch(Deployments, target, { spec: { replicas: 3 } }));
    },
    seconds: 400,
  },
  {
    name: 'the target is edited by hand at rest',
    script(world) {
      world.at(20, () =>
        world.user.patch(Deployments, target, {
          metadata: { labels: { edited: 'yes' } },
          spec: { replicas: 3, template: { metadata: { annotations: { note: 'by hand' } } } },
        }),
      );
    },
    seconds: 300,
  },
  {
    name: 'the primary is deleted by hand',
    script(world) {
      world.at(30, () => world.user.delete(Deployments, primary));
      push(world, 100, 'app:v2');
    },
    seconds: 400,
  },
  {
    name: 'the gateway refuses for a while',
    script(world) {
      release(world);
      world.at(30, () => {
        world.gatewayRefuses = true;
        world.gateway.review();
      });
      world.at(100, () => {
        world.gatewayRefuses = false;
        world.gateway.review();
      });
    },
    seconds: 400,
  },
  ...(['down', 'hang', 'slow', 'ambiguous', 'raced'] as const).map(mode => ({
    name: `a bad release while Git is ${mode}`,
    script(world: World) {
      judge(world);
      push(world, 20, 'app:bad');
      world.at(35, () => {
        world.manifests.mode = mode;
      });
      world.at(150, () => {
        world.manifests.mode = 'up';
      });
    },
    seconds: 500,
  })),
  ...(['down', 'hang', 'limited'] as const).map(mode => ({
    name: `a bad release while Slack is ${mode}`,
    script(world: World) {
      judge(world);
      push(world, 20, 'app:bad');
      world.at(10, () => {
        world.slack.mode = mode;
      });
      world.at(150, () => {
        world.slack.mode = 'up';
      });
    },
    seconds: 400,
  })),
  {
    name: 'Git was down from the start, and the fix came before it was back',
    script(world) {
      judge(world);
      world.at(10, () => {
        world.manifests.mode = 'down';
      });
      push(world, 20, 'app:bad');
      push(world, 120, 'app:v3');
      world.at(125, () => {
        world.manifests.mode = 'up';
      });
    },
    seconds: 500,
  },
];

/** The passes that a promotion needs when the scenario says nothing: one for each step. */
export const stepsOfPlan = 3;
