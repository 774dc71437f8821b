/** What holds of every state of a Canary and of every step between two, whatever happens: rules by name. */
import type { Event, Phase } from '../../src/core/machine.ts';
import type { State } from '../../src/core/state.ts';

interface Step {
  readonly before: State;
  readonly after: State;
  readonly event: Event;
}

const ofStates: Readonly<Record<string, (state: State) => boolean>> = {
  'a weight is a percentage': ({ context: { weight } }) => weight >= 0 && weight <= 100,
  'no weight without a router': ({ context }) => context.plan.routed || context.weight === 0,
  'no weight outside of a run': ({ phase, context }) => mayHaveWeight(phase) || context.weight === 0,
  'the weight of a run is one of its plan, or less': ({ phase, context: { plan, weight, bound } }) =>
    !isRun(phase) ||
    weight === 0 ||
    (plan.strategy === 'Canary' ? plan.weights.includes(Math.max(weight, bound)) : weight === 100),
  'a run is over at its threshold': ({ phase, context }) =>
    !isRun(phase) || context.failures < context.plan.threshold,
  'failed checks never exceed the threshold': ({ context }) => context.failures <= context.plan.threshold,
  'checks never exceed the iterations': ({ context }) => context.iterations <= context.plan.iterations,
  'requests and checks have a beginning': ({ phase, context }) =>
    !isRun(phase) || (context.weight === 0 && context.iterations === 0) || context.analysedFrom > 0,
  'only what was promoted is watched': ({ phase, context }) =>
    context.watchUntil === 0 || phase === 'Succeeded' || phase === 'Terminating',
  'what is undecided has a beginning': ({ context }) =>
    context.undecidedSince > 0 || context.undecidedKind === '',
};

const ofSteps: Readonly<Record<string, (step: Step) => boolean>> = {
  'the weight of a run only rises': ({ before, after, event }) =>
    !(before.phase === 'Progressing' && after.phase === 'Progressing') ||
    event.type === 'started' ||
    after.context.weight >= before.context.weight,
  'failed checks of a run are not forgotten': ({ before, after, event }) =>
    !(isRun(before.phase) && isRun(after.phase)) ||
    event.type === 'started' ||
    after.context.failures >= before.context.failures,
  'only pods that became ready and passed checks raise the weight': ({ before, after, event }) =>
    after.context.weight <= before.context.weight ||
    event.type === 'canaryReady' ||
    event.type === 'passed' ||
    event.type === 'eased',
  'no weight exceeds what the impact budget allows': ({ before, after, event }) =>
    !('limit' in event) ||
    event.limit === undefined ||
    before.context.plan.strategy !== 'Canary' ||
    after.context.weight <= Math.max(before.context.weight, event.limit),
  'the revision changes with a run only': ({ before, after, event }) =>
    before.context.revision === after.context.revision ||
    event.type === 'started' ||
    event.type === 'initialized' ||
    event.type === 'undone' ||
    event.type === 'watchFailed',
  'only what passed, or skips the analysis, is promoted': ({ before, after, event }) =>
    !enters('Promoting', before, after) ||
    event.type === 'passed' ||
    (event.type === 'gateOpened' && before.phase === 'WaitingPromotion') ||
    (event.type === 'canaryReady' && before.context.plan.skipAnalysis),
  'a canary is promoted from its last weight': ({ before, after, event }) =>
    !enters('Promoting', before, after) ||
    event.type !== 'passed' ||
    before.context.plan.strategy !== 'Canary' ||
    before.context.weight === before.context.plan.weights.at(-1),
  'finalising follows promoting': ({ before, after }) =>
    !enters('Finalising', before, after) || before.phase === 'Promoting',
  'promoted is who was finalised': ({ before, after, event }) =>
    !enters('Succeeded', before, after) || before.phase === 'Finalising' || event.type === 'returned',
  'failed is who failed or was given up': ({ before, after, event }) =>
    !enters('Failed', before, after) ||
    ['failed', 'proven', 'gaveUp', 'undone', 'watchFailed'].includes(event.type),
  'nothing undecided ends or moves a run': ({ before, after, event }) =>
    event.type !== 'undecided' ||
    (before.phase === after.phase &&
      before.context.weight === after.context.weight &&
      before.context.failures === after.context.failures),
};

/** Names of the rules that this step breaks. */
export function broken(before: State, event: Event, after: State): string[] {
  return [
    ...Object.entries(ofStates).filter(([, holds]) => !holds(after)),
    ...Object.entries(ofSteps).filter(([, holds]) => !holds({ before, after, event })),
  ].map(([name]) => name);
}

function isRun(phase: Phase): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion';
}

function mayHaveWeight(phase: Phase): boolean {
  return isRun(phase) || phase === 'Promoting' || phase === 'Terminating';
}

function enters(phase: Phase, before: State, after: State): boolean {
  return after.phase === phase && before.phase !== phase;
}
