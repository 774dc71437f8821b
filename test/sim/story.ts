/** What a story for the controller is made of: a Canary, a script, and how it is told to a world. */
import { Canaries } from '../../src/api/resources.ts';
import type { Change } from '../memory/store.ts';
import { statusOf } from './oracle/replay.ts';
import { namespace, target, type World, type WorldOptions } from './world.ts';

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

export function reached(phase: string, weight = 0): (change: Change) => boolean {
  return ({ resource, object }) => {
    if (resource.kind !== 'Canary') return false;
    const status = statusOf(object);
    return status.phase === phase && (status.canaryWeight ?? 0) >= weight;
  };
}

export function push(world: World, seconds: number, image: string): void {
  world.at(seconds, () => world.manifests.push(image));
}

export function judge(world: World): void {
  world.metrics.script = byImage;
}

export function release(world: World): void {
  push(world, 20, 'app:v2');
}

/** The passes that a promotion needs when the scenario says nothing: one for each step. */
export const stepsOfPlan = 3;
