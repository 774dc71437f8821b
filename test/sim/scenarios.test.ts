/** Every story without faults: it ends as told, and the oracle finds nothing. */
import { describe, expect, test } from 'vitest';
import { ending } from './oracle/ending.ts';
import { violations } from './oracle/index.ts';
import { scenarios } from './scenarios.ts';
import { play, stepsOfPlan, threshold } from './story.ts';
import { World } from './world.ts';

describe('without faults', () => {
  test.each(scenarios.map(scenario => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    const world = new World(scenario.options);
    await play(world, scenario);
    const end = ending(world);
    expect(
      await violations(world, { passes: scenario.passes ?? stepsOfPlan, threshold, faultFree: true }),
    ).toEqual([]);
    expect(end).toMatchSnapshot();
  });
});
