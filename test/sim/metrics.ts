/** Scripted metrics: what each image would measure, by virtual time, behind the sampler port. */
import { Deployments } from '../../src/api/resources.ts';
import type { Sample, Sampler } from '../../src/metrics/port.ts';
import { imageOf } from './deployments.ts';
import type { Gate } from './gate.ts';
import type { World } from './world.ts';

/** `at` is in seconds since the run began. */
export type Script = (image: string, at: number, check: string) => Measured;
export type Measured = number | 'noData' | 'error' | 'inconclusive';

export interface Metrics {
  script: Script;
  /** How long the provider takes for a check. */
  latencyMs: (check: string) => number;
  sampler(gate: Gate): Sampler;
}

/** The least value that passes, in every scenario. */
const leastGood = 99;

export function createMetrics(world: World): Metrics {
  const metrics: Metrics = {
    script: () => 100,
    latencyMs: () => 50,
    sampler: gate => ({
      sample: request =>
        gate
          .pass({ what: 'query', mutates: false, remote: true }, async () => {
            const askedAt = world.clock.now();
            const { namespace, target, name } = request.names;
            const judged = request.arm === 'primary' ? `${target}-primary` : target;
            const image = imageOf(world.kube.peek(Deployments, { namespace, name: judged }));
            const measured = metrics.script(image, world.seconds(), request.metric.name);
            await new Promise<void>(resolve => {
              world.clock.after(metrics.latencyMs(request.metric.name), resolve);
            });
            const sample = sampleOf(measured, request.at);
            world.record({
              type: 'sample',
              at: world.clock.now(),
              askedAt,
              canary: name,
              image,
              outcome:
                typeof measured !== 'number' || Number.isNaN(measured)
                  ? 'undecided'
                  : measured >= leastGood
                    ? 'pass'
                    : 'fail',
            });
            return sample;
          })
          .catch((error: unknown): Sample => ({ kind: 'error', why: String(error) })),
    }),
  };
  return metrics;
}

function sampleOf(measured: Measured, at: number): Sample {
  if (typeof measured === 'number') return { kind: 'value', value: measured, at };
  return { kind: measured, why: `scripted ${measured}` };
}
