/** Seeded runs: a story and its faults drawn from one number each, which a failure names. */
import { storm } from './faults.ts';
import { violations } from './oracle/index.ts';
import { baseSeed, createRandom } from './random.ts';
import { scenarios } from './scenarios.ts';
import { play, stepsOfPlan, threshold } from './story.ts';
import { World } from './world.ts';

export interface Weather {
  readonly operators: number;
  readonly odds: Parameters<typeof storm>[2];
}

/** Faults end a minute before the story does; then the world has ten minutes to come to rest. */
export async function seededRuns(
  name: string,
  count: number,
  { operators, odds }: Weather,
): Promise<{ wrong: Record<string, string[]> }> {
  const wrong: Record<string, string[]> = {};
  for (let index = 0; index < count; index += 1) {
    const seed = baseSeed + index;
    const random = createRandom(seed);
    const scenario = scenarios[random.between(0, scenarios.length - 1)];
    if (scenario === undefined) throw new Error('there are no scenarios');
    const world = new World({ ...scenario.options, operators });
    world.faults = storm(random, () => world.seconds() < scenario.seconds - 60, odds);
    await play(world, scenario);
    await world.run(600);
    const found = await violations(world, {
      passes: scenario.passes ?? stepsOfPlan,
      threshold,
      faultFree: false,
    });
    if (found.length > 0) wrong[`SEED=${seed} (${scenario.name})`] = found;
  }
  console.log(`${name}: ${count} runs, SEED=${baseSeed}`);
  return { wrong };
}
