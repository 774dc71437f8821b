/** From the start of the process to its first action, for a target that changed while no operator ran. */
import type { RunningOperator } from '../operator-process.ts';
import type { Figure } from '../report.ts';
import type { Settings } from '../settings.ts';
import type { World } from '../world.ts';
import { only, restore } from './common.ts';

export async function start(
  world: World,
  running: RunningOperator,
  launch: () => Promise<RunningOperator>,
  settings: Settings,
): Promise<Figure[]> {
  let operator = running;
  const values: number[] = [];
  for (let turn = 0; turn < settings.starts; turn += 1) {
    const name = world.names[world.names.length - 1 - turn] ?? '';
    await operator.stop();
    const recording = world.record([name]);
    await world.change(name, world.nextVersion());
    operator = await launch();
    await world.history.until('the first weight after a start', [name], each =>
      recording.hadCanaryTraffic(each),
    );
    const { scaledAt } = only(await recording.timelines());
    values.push((scaledAt ?? Number.NaN) - operator.startedAt);
    await restore(world, [name]);
  }
  return [
    {
      metric: `process start -> scale-up of a target changed meanwhile, ${world.names.length} Canaries`,
      unit: 'ms',
      values,
      ...(world.names.length === 500 ? { flagger: '41,000 (last Canary visited)' } : {}),
    },
  ];
}
