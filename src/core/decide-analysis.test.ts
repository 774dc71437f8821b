/** Checks that passed count for a step only where the canary had the step's requests. */
import { expect, test } from 'vitest';
import { exampleInput, exampleState, now } from '../../test/model/examples.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Phase } from './machine.ts';

/** A step of 40 % whose checks have just passed, while the route gives the canary `canary` %. */
function passedAt(canary: number, phase: Phase = 'Progressing'): Decision {
  const state = exampleState(phase, { weight: 40, analysedFrom: now - 10_000, dueAt: now });
  const route = { accepted: true, current: true, weights: { primary: 100 - canary, canary } };
  return decide(exampleInput(state, { route, verdict: 'pass' }));
}

test('a step whose weight the route had is passed', () => {
  expect(passedAt(40)).toMatchObject({ event: { type: 'passed', now }, reason: 'ChecksPassed' });
});

test('a step whose weight the route did not have begins now, and says so', () => {
  expect(passedAt(20)).toMatchObject({
    event: { type: 'canaryReady', now },
    reason: 'StepRepeated',
    message:
      'All checks passed, but the route did not give the canary its 40 % of the requests; the step begins now.',
  });
});

test('a run that waited at a gate has no step to repeat: it goes on', () => {
  expect(passedAt(20, 'WaitingPromotion')).toMatchObject({ event: { type: 'gateOpened', now } });
});
