/** How soon a changed target is acted on, alone and among a hundred, and what a hundred runs at once cost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Canaries } from '../../../src/api/resources.ts';
import { intervalMs, namespace } from '../objects.ts';
import { cpuPercent, type RunningOperator } from '../operator-process.ts';
import type { Figure } from '../report.ts';
import type { Settings } from '../settings.ts';
import type { Timeline } from '../timeline.ts';
import type { World } from '../world.ts';
import { changeTimes, firstWeightTimes, restore, scaleUpTimes } from './common.ts';

const busySeconds = 15;
/** Steps enough that all runs are in the middle while the processor is read. */
const longStepWeight = 1;
const usualStepWeight = 10;

export async function changeAlone(world: World, { alone }: Settings): Promise<Figure[]> {
  const scaleUps: number[] = [];
  const weights: number[] = [];
  const changes: number[] = [];
  for (let turn = 0; turn < alone; turn += 1) {
    const name = world.names[turn] ?? '';
    const recording = world.record([name]);
    await world.change(name, world.nextVersion());
    await world.history.until('the first weight', [name], each => recording.hadCanaryTraffic(each));
    const timelines = await recording.timelines();
    scaleUps.push(...scaleUpTimes(timelines));
    weights.push(...firstWeightTimes(timelines));
    changes.push(...changeTimes(timelines));
    await restore(world, [name]);
  }
  const among = `${world.names.length} Canaries`;
  return [
    { metric: 'for comparison: one such change in the API server, alone', unit: 'ms', values: changes },
    {
      metric: `change of a target -> scale-up written, alone among ${among}`,
      unit: 'ms',
      values: scaleUps,
      goal: '50',
      argoRollouts: '50',
    },
    {
      metric: `pods ready -> first weight written, alone among ${among}`,
      unit: 'ms',
      values: weights,
      goal: '250 (p99)',
      flagger: '11,000-15,000',
    },
  ];
}

export async function changeAtOnce(
  world: World,
  operator: RunningOperator,
  { atOnce }: Settings,
): Promise<Figure[]> {
  const names = world.names.slice(0, atOnce);
  await stepBy(world, names, longStepWeight);
  try {
    return await crowd(world, operator, names);
  } finally {
    await stepBy(world, names, usualStepWeight);
  }
}

async function crowd(world: World, operator: RunningOperator, names: readonly string[]): Promise<Figure[]> {
  const recording = world.record(names);
  await Promise.all(names.map(async name => world.change(name, world.nextVersion())));
  await world.history.until('all first weights', names, each => recording.hadCanaryTraffic(each), {
    timeoutMs: 180_000,
  });
  const before = operator.usage();
  await sleep(busySeconds * 1_000);
  const after = operator.usage();
  await restore(world, names);
  const timelines = await recording.timelines();
  const among = `${names.length} of ${world.names.length} at once`;
  return [
    {
      metric: `for comparison: one such change in the API server, ${among}`,
      unit: 'ms',
      values: changeTimes(timelines),
    },
    {
      metric: `change of a target -> scale-up written, ${among}`,
      unit: 'ms',
      values: scaleUpTimes(timelines),
      goal: '1000 each',
      argoRollouts: '8,300 (p50), 9,300 (max)',
    },
    {
      metric: `pods ready -> first weight written, ${among}`,
      unit: 'ms',
      values: firstWeightTimes(timelines),
      goal: '250 (p99)',
      flagger: '111,000 (p50; 20 at once, from the change)',
    },
    {
      metric: `${names.length} runs at interval ${intervalMs / 1_000} s: step later than the interval`,
      unit: 'ms',
      values: [...timelines.values()].flatMap(lateness),
    },
    {
      metric: `${names.length} runs at interval ${intervalMs / 1_000} s: processor`,
      unit: '% of a core',
      values: [cpuPercent(before, after)],
    },
    {
      metric: `${names.length} runs at interval ${intervalMs / 1_000} s: memory (RSS)`,
      unit: 'MiB',
      values: [after.residentMiB],
    },
  ];
}

function lateness({ weights }: Timeline): number[] {
  const rising = weights.filter(({ canaryWeight }) => canaryWeight > 0);
  return rising
    .slice(1)
    .map(({ answeredAt }, index) => answeredAt - (rising[index]?.answeredAt ?? 0) - intervalMs);
}

async function stepBy(world: World, names: readonly string[], stepWeight: number): Promise<void> {
  const spec = { analysis: { stepWeight } };
  await Promise.all(names.map(async name => world.kube.patch(Canaries, { namespace, name }, { spec })));
  // Or the answers to these changes would be measured with those to the next.
  await world.history.until('the specs to be read', names, name => world.history.isRead(name), {
    timeoutMs: 90_000,
  });
}
