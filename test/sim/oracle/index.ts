/** The oracle: all checkers over one run. Each answers sentences; an empty list is a run without a violation. */
import type { World } from '../world.ts';
import { nothingLost, restless } from './ending.ts';
import { inOrder, revertsFailures, revertsOnce } from './rollback.ts';
import {
  availableSides,
  committedWeights,
  drainedFirst,
  noStrangers,
  onlyTheRun,
  weightsSum,
} from './traffic.ts';
import { type Demands, earnedSteps, failedAtOnce, verifiedTemplates } from './verdicts.ts';
import { conditionalWrites } from './writes.ts';

export interface Expectations extends Demands {
  /** Failed samples that fail a release. */
  readonly threshold: number;
  /** Without faults a failing sample is acted upon at once. */
  readonly faultFree: boolean;
}

export async function violations(world: World, expected: Expectations): Promise<string[]> {
  const { history, faults } = world;
  const noise = await restless(world);
  return [
    ...history.flatMap(entry => (entry.type === 'defect' ? [`defect: ${entry.what}`] : [])),
    ...weightsSum(history),
    ...availableSides(history, faults.slackMs),
    ...committedWeights(history, faults.requestMs),
    ...onlyTheRun(history, faults.slackMs),
    ...drainedFirst(history),
    ...noStrangers(history, faults.slackMs + 5_000),
    ...verifiedTemplates(history, expected),
    ...earnedSteps(history),
    ...(expected.faultFree ? failedAtOnce(history, expected.threshold, 0) : []),
    ...inOrder(history),
    ...revertsOnce(history),
    ...revertsFailures(history),
    ...conditionalWrites(history),
    ...nothingLost(world),
    ...noise,
  ];
}
