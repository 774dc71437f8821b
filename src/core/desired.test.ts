import { describe, expect, test } from 'vitest';
import {
  exampleInput,
  examplePlan,
  exampleState,
  now,
  running,
  side,
  without,
} from '../../test/model/examples.ts';
import { type Desired, desired } from './desired.ts';
import type { Input } from './input.ts';
import type { Phase } from './machine.ts';

type Row = readonly [name: string, input: Input, expected: Partial<Desired>];

function check(_: string, input: Input, expected: Partial<Desired>): void {
  expect(desired(input, false)).toEqual({ primary: 'keep', services: 'all', ...expected });
}

const onlyPrimary = { primary: 100, canary: 0 };
const split = { primary: 90, canary: 10 };
const down = side({ ready: false, available: false });
const scaled = side({ replicas: 0, ready: true, available: false });
const primaryDown = { ...down, revision: 'v1-old' };
const routeAt = (canary: number, accepted = true): Input['route'] => ({
  accepted,
  current: true,
  weights: { primary: 100 - canary, canary },
});

describe('before the primary serves', () => {
  const input = exampleInput(exampleState('Initializing'), { primary: side() });
  test.each<Row>([
    ['it is made', without(input, 'primary'), { primary: 'create', services: 'backends' }],
    ['users stay where they are', { ...input, primary: down }, { services: 'backends' }],
    ['then the Services turn', { ...input, services: { backends: true, apexToPrimary: false } }, {}],
    ['then the route is written', input, { weights: onlyPrimary }],
  ])('%s', check);
});

describe('a run', () => {
  const input = exampleInput(running());
  const late = running({ weight: 20 });
  test.each<Row>([
    ['gets its weight', input, { weights: split }],
    ['a canary without pods gets nothing', { ...input, target: down }, { weights: onlyPrimary }],
    ['nor one out of sight', without(input, 'target'), { weights: onlyPrimary }],
    [
      'nor pods of a later revision',
      { ...input, seen: { revision: 'v1-x', isPromoted: false } },
      { weights: onlyPrimary },
    ],
    ['nor pods of no known revision', without(input, 'seen'), { weights: onlyPrimary }],
    ['with both sides down the route stays', { ...input, target: down, primary: primaryDown }, {}],
    [
      'pods of a later revision serve where nothing else does',
      { ...input, seen: { revision: 'v1-x', isPromoted: false }, primary: primaryDown },
      {},
    ],
    ['the primary down, the split stays as it was', { ...input, primary: primaryDown }, { weights: split }],
    ['a lowered route is judged before it is raised', exampleInput(late, { route: routeAt(0) }), {}],
    [
      'but raised within its step',
      exampleInput(running({ weight: 20, dueAt: now + 1 }), { route: routeAt(10) }),
      { weights: { primary: 80, canary: 20 } },
    ],
    [
      'a raised route is lowered at once',
      exampleInput(late, { route: routeAt(50) }),
      { weights: { primary: 80, canary: 20 } },
    ],
    [
      'a target at zero gets as many pods as the primary',
      { ...input, target: scaled, primary: { ...side({ replicas: 4 }), revision: 'v1-old' } },
      { weights: onlyPrimary, targetReplicas: 4 },
    ],
    [
      'and at least one',
      {
        ...input,
        target: scaled,
        primary: { ...side({ replicas: 0, available: false }), revision: 'v1-old' },
      },
      { targetReplicas: 1 },
    ],
    [
      'a primary that was deleted is made again from its own revision only',
      { ...without(input, 'primary'), seen: { revision: 'v1-old', isPromoted: true } },
      { primary: 'create' },
    ],
    ['never from one without a verdict', without(input, 'primary'), { weights: split }],
  ])('%s', check);
});

describe('promotion', () => {
  const input = exampleInput(exampleState('Promoting', { weight: 50 }));
  const written = { ...side(), revision: 'v1-new' };
  const half = { primary: 50, canary: 50 };
  test.each<Row>([
    ['writes the revision', input, { primary: 'promote', weights: half }],
    ['writes it once', { ...input, primary: written }, { weights: half }],
    [
      'makes a primary that is gone from the revision that passed',
      without(input, 'primary'),
      { primary: 'create', weights: { primary: 0, canary: 100 } },
    ],
    [
      'but from no other',
      { ...without(input, 'primary'), seen: { revision: 'v1-x', isPromoted: false } },
      {},
    ],
    [
      'sends all to the canary while the primary has no pods',
      { ...input, primary: { ...down, revision: 'v1-new' } },
      { weights: { primary: 0, canary: 100 } },
    ],
    [
      'and all to the primary while the canary has none',
      { ...input, target: down },
      { primary: 'promote', weights: onlyPrimary },
    ],
    [
      'finalising: the primary has all',
      exampleInput(exampleState('Finalising'), { primary: written }),
      { weights: onlyPrimary },
    ],
    [
      'finalising: unless it has no pods',
      exampleInput(exampleState('Finalising'), { primary: { ...down, revision: 'v1-new' } }),
      { weights: { primary: 0, canary: 100 } },
    ],
  ])('%s', check);
});

describe.each<Phase>(['Initialized', 'Succeeded', 'Failed', 'Waiting'])('%s', phase => {
  const input = exampleInput(exampleState(phase));
  const unrouted = exampleState(phase, { plan: examplePlan({ routed: false }) });
  test.each<Row>([
    ['all traffic is away, so the pods go', input, { weights: onlyPrimary, targetReplicas: 0 }],
    [
      'not before the drain is over',
      exampleInput(exampleState(phase, { dueAt: now + 1 })),
      { weights: onlyPrimary },
    ],
    ['not before the traffic is away', { ...input, route: routeAt(10) }, { weights: onlyPrimary }],
    [
      'not before the gateway took the route',
      { ...input, route: routeAt(0, false) },
      { weights: onlyPrimary },
    ],
    [
      'not where the route cannot be read',
      { ...input, route: { accepted: true, current: false } },
      { weights: onlyPrimary },
    ],
    ['not while the primary has no pods', { ...input, primary: primaryDown }, { weights: onlyPrimary }],
    ['not where they are gone', { ...input, target: scaled }, { weights: onlyPrimary }],
    ['not without a target', without(input, 'target'), { weights: onlyPrimary }],
    [
      'without a router there is no route to wait for',
      { ...exampleInput(unrouted), route: { accepted: true, current: true } },
      { weights: onlyPrimary, targetReplicas: 0 },
    ],
    [
      'a failed revision serves rather than nothing',
      { ...input, primary: primaryDown, route: routeAt(10) },
      {},
    ],
  ])('%s', check);

  test('a target about to start a run keeps its pods', () => {
    expect(desired(input, true)).toEqual({ primary: 'keep', services: 'all', weights: onlyPrimary });
  });
});

test('a Canary that is being deleted asks for nothing', () => {
  expect(desired(exampleInput(exampleState('Terminating')), false)).toEqual({
    primary: 'keep',
    services: 'none',
  });
});
