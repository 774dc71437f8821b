import { describe, expect, test } from 'vitest';
import { type SnapshotFrom, transition } from 'xstate';
import { getAdjacencyMap, getShortestPaths, getSimplePaths } from 'xstate/graph';
import { CanaryPhase } from '../../src/api/canary-status.ts';
import { type Context, type Event, initialContext, machine } from '../../src/core/machine.ts';
import type { Plan } from '../../src/core/plan.ts';
import { isResting, type State } from '../../src/core/state.ts';
import { now } from './examples.ts';
import { broken } from './invariants.ts';
import { plans } from './plans.ts';

type Snapshot = SnapshotFrom<typeof machine>;

/** Everything, at the moment the state waits for and right before. */
function anything({ context }: Snapshot): Event[] {
  const due = Math.max(now, context.dueAt, context.watchAt);
  const times = context.dueAt > 0 ? [due, due - 1] : [due];
  return times.flatMap((at): Event[] => [
    { type: 'initialized', now: at, revision: 'v1-old' },
    { type: 'started', now: at, revision: 'v1-a' },
    { type: 'started', now: at, revision: 'v1-b' },
    { type: 'undecided', now: at, kind: 'noData' },
    { type: 'canaryReady', now: at, limit: 0.05 },
    { type: 'passed', now: at, limit: 0.35 },
    { type: 'eased', now: at, limit: 15 },
    { type: 'eased', now: at, limit: 100 },
    { type: 'watchFailed', now: at, revision: 'v1-a' },
    { type: 'undone', now: at, revision: 'v1-a' },
    ...(
      [
        'returned',
        'gateClosed',
        'gateOpened',
        'canaryReady',
        'canaryUnready',
        'passed',
        'failed',
        'gaveUp',
        'proven',
        'primaryReady',
        'elapsed',
        'watched',
        'watchEnded',
        'deleted',
      ] as const
    ).map(type => ({ type, now: at })),
  ]);
}

/** What happens to one release which nobody interferes with. */
function verdicts(snapshot: Snapshot): Event[] {
  const kinds = ['initialized', 'canaryReady', 'passed', 'failed', 'proven', 'primaryReady', 'elapsed'];
  const at = Math.max(now, snapshot.context.dueAt);
  const begun = snapshot.context.analysedFrom > 0;
  const rest = isResting(snapshot.value) && snapshot.context.revision !== 'v1-a';
  return anything(snapshot).filter(event => {
    if (event.now !== at) return false;
    if ('limit' in event) return false;
    if (event.type === 'started') return rest && event.revision === 'v1-a';
    return kinds.includes(event.type) && (event.type !== 'canaryReady' || !begun);
  });
}

/** Two states that differ in nothing but times are one. */
function key({ value, context }: Snapshot): string {
  const { revision, weight, bound, iterations, failures, dueAt, readyBy, analysedFrom, undecidedSince } =
    context;
  const clocks = [dueAt, readyBy, analysedFrom, undecidedSince].map(time => (time > 0 ? 1 : 0));
  const watch = [context.watchUntil > 0 ? 1 : 0, context.watchFailures];
  return [value, revision, `${weight}% of ${bound}%`, iterations, failures, ...clocks, ...watch].join(' ');
}

function options(plan: Plan, events: (snapshot: Snapshot) => Event[]) {
  const input: Context = { ...initialContext, plan };
  return { input, events, serializeState: key };
}

function stateOf({ value, context }: Snapshot): State {
  return { phase: value, context };
}

interface Way {
  readonly from: Snapshot;
  readonly event: Event;
  readonly to: Snapshot;
}

/** Every step that can be taken in any state of a plan. */
function waysOf(plan: Plan): Way[] {
  const map = getAdjacencyMap(machine, options(plan, anything));
  return Object.values(map).flatMap(({ state: from }) =>
    anything(from).map(event => ({ from, event, to: transition(machine, from, event)[0] })),
  );
}

function brokenBy({ from, event, to }: Way): string[] {
  return broken(stateOf(from), event, stateOf(to)).map(
    rule => `${rule}: ${key(from)} ${event.type} ${key(to)}`,
  );
}

const all = plans.map(([name, plan]) => ({ name, plan, ways: waysOf(plan) }));

describe.each(all)('$name', ({ plan, ways }) => {
  test('every phase is reachable', () => {
    const paths = getShortestPaths(machine, options(plan, anything));
    expect(new Set(paths.map(path => path.state.value))).toEqual(new Set(CanaryPhase.options));
  });

  test('every step keeps what must hold', () => {
    expect(ways.flatMap(brokenBy)).toEqual([]);
  });

  test('from every state but Terminating there is a way to rest without a deletion', () => {
    const comesFrom = Map.groupBy(
      ways.filter(({ event }) => event.type !== 'deleted'),
      ({ to }) => key(to),
    );
    const resting = ways.filter(({ from }) => isResting(from.value)).map(({ from }) => key(from));
    const reached = new Set(resting);
    for (const state of reached) for (const { from } of comesFrom.get(state) ?? []) reached.add(key(from));
    const stuck = ways.filter(({ from }) => from.value !== 'Terminating' && !reached.has(key(from)));
    expect(stuck.map(({ from }) => key(from))).toEqual([]);
  });

  test('a release ends promoted or failed on every way through its verdicts', () => {
    const paths = getSimplePaths(machine, options(plan, verdicts));
    const ends = paths
      .map(path => path.state)
      .filter(state =>
        verdicts(state).every(event => key(transition(machine, state, event)[0]) === key(state)),
      );
    expect(new Set(ends.map(state => state.value))).toEqual(
      new Set(plan.skipAnalysis ? ['Succeeded'] : ['Succeeded', 'Failed']),
    );
  });
});

test('the plans together take every transition that the machine declares', () => {
  const declared = Object.values(machine.states).flatMap(node => [...node.transitions.values()].flat());
  const ways = all.flatMap(({ ways }) => ways);
  const taken = new Set<unknown>(
    ways.flatMap(({ from, event }) => machine.getTransitionData(from, event) ?? []),
  );
  const missed = declared.filter(definition => !taken.has(definition));
  expect(missed.map(({ source, eventType, guard }) => [source.key, eventType, guard])).toEqual([]);
});
