/** The stories which are told to the controller, with and without faults. Their ends do not depend on when exactly something happens. */
import { outages } from './stories/outages.ts';
import { people } from './stories/people.ts';
import { promoting } from './stories/promoting.ts';
import { releases } from './stories/releases.ts';
import { strategies } from './stories/strategies.ts';
import { undecided } from './stories/undecided.ts';
import type { Scenario } from './story.ts';

/** In this order: faults are not tried again where a story begins as one before it. */
export const scenarios: readonly Scenario[] = [
  ...releases,
  ...undecided,
  ...promoting,
  ...strategies,
  ...people,
  ...outages,
];
