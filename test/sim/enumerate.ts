/** Enumerating: a story is told once without faults to count its effects, then again with one fault at each of them. */
import type { FaultPlan } from './faults.ts';
import { ending } from './oracle/ending.ts';
import { violations } from './oracle/index.ts';
import { scenarios } from './scenarios.ts';
import { play, type Scenario, stepsOfPlan, threshold } from './story.ts';
import { World } from './world.ts';

export interface Reference {
  readonly scenario: Scenario;
  readonly effects: readonly string[];
  /** Effects up to here are those of an earlier scenario, second by second: a fault there has been tried already. */
  readonly shared: number;
  readonly end: object;
}

let told: Promise<readonly Reference[]> | undefined;

/** The fault-free runs of all scenarios, which the test files of one process share. */
export async function references(): Promise<readonly Reference[]> {
  told ??= tell();
  return told;
}

async function tell(): Promise<readonly Reference[]> {
  const found: Reference[] = [];
  for (const scenario of scenarios) {
    const world = new World(scenario.options);
    await play(world, scenario);
    const shared = Math.max(0, ...found.map(other => commonStart(other.effects, world.effects)));
    found.push({ scenario, effects: world.effects, shared, end: ending(world) });
  }
  return found;
}

function commonStart(a: readonly string[], b: readonly string[]): number {
  const different = b.findIndex((effect, index) => a[index] !== effect);
  return different < 0 ? b.length : different;
}

/** One run under a plan; what the oracle finds, and where its end differs from the fault-free one. */
async function trial(scenario: Scenario, plan: (world: World) => FaultPlan, end?: object): Promise<string[]> {
  const world = new World(scenario.options);
  world.faults = plan(world);
  await play(world, scenario);
  const found = await violations(world, {
    passes: scenario.passes ?? stepsOfPlan,
    threshold,
    faultFree: false,
  });
  const reached = ending(world);
  if (end !== undefined && JSON.stringify(reached) !== JSON.stringify(end))
    found.push(`it ends ${JSON.stringify(reached)}, without faults ${JSON.stringify(end)}`);
  return found;
}

/** Every effect of one story, each with the fault that `plan` makes of its number, if any; answers what went wrong, by effect. */
export async function enumerate(
  { scenario, effects, shared, end }: Reference,
  plan: (n: number) => FaultPlan | undefined,
): Promise<{ runs: number; wrong: Record<string, string[]> }> {
  const wrong: Record<string, string[]> = {};
  let runs = 0;
  for (let n = shared + 1; n <= effects.length; n += 1) {
    const faults = plan(n);
    if (faults === undefined) continue;
    runs += 1;
    const found = await trial(scenario, () => faults, end);
    if (found.length > 0) wrong[`effect ${n}: ${effects[n - 1]}`] = found;
  }
  return { runs, wrong };
}
