/** Plans, states and inputs as tests of the policy start from: a healthy world in which each test changes one thing. */
import type { Input, Side } from '../../src/core/input.ts';
import { type Context, initialContext, type Phase } from '../../src/core/machine.ts';
import { noWatch, type Plan } from '../../src/core/plan.ts';
import type { State } from '../../src/core/state.ts';

/** A time that no context names yet. */
export const now = Date.parse('2026-01-02T03:04:05.000Z');

/** Three weights, two failed checks fail. */
export function examplePlan(changes: Partial<Plan> = {}): Plan {
  return {
    strategy: 'Canary',
    routed: true,
    weights: [10, 20, 50],
    iterations: 10,
    intervalMs: 10_000,
    threshold: 2,
    promotionStep: 0,
    progressDeadlineMs: 60_000,
    skipAnalysis: false,
    watch: noWatch,
    undecided: {
      noData: { timeLimitMs: 30_000, policy: 'Hold' },
      error: { timeLimitMs: 30_000, policy: 'Rollback' },
      inconclusive: { timeLimitMs: 30_000, policy: 'Hold' },
    },
    ...changes,
  };
}

export const blueGreen = { strategy: 'BlueGreen', weights: [], iterations: 3 } as const;

export function exampleState(phase: Phase, changes: Partial<Context> = {}): State {
  return { phase, context: { ...initialContext, plan: examplePlan(), revision: 'v1-new', ...changes } };
}

/** A run at 10 % whose next decision is due. */
export function running(changes: Partial<Context> = {}): State {
  return exampleState('Progressing', {
    weight: 10,
    analysedFrom: now - 20_000,
    stepAt: now - 20_000,
    dueAt: now - 10_000,
    ...changes,
  });
}

export function side(changes: Partial<Side> = {}): Side {
  return {
    replicas: 2,
    ready: true,
    available: true,
    deadlineExceeded: false,
    message: '2 of 2 pods are available',
    ...changes,
  };
}

/** All is well: the primary serves `v1-old`, the target asks for the state's revision. */
export function exampleInput(state: State, changes: Partial<Input> = {}): Input {
  const { weight, revision } = state.context;
  return {
    now,
    state,
    promoted: 'v1-old',
    seen: { revision, isPromoted: false },
    retry: false,
    target: side(),
    primary: { ...side(), revision: 'v1-old' },
    services: { backends: true, apexToPrimary: true },
    route: { accepted: true, current: true, weights: { primary: 100 - weight, canary: weight } },
    ...changes,
  };
}

/** The input without one of its optional parts. */
export function without(input: Input, part: 'seen' | 'target' | 'primary'): Input {
  const { [part]: _gone, ...rest } = input;
  return rest;
}
