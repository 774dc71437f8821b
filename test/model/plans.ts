/** The plans which the model tests walk through; together they take every transition of the machine. */
import type { Plan } from '../../src/core/plan.ts';
import { blueGreen, examplePlan } from './examples.ts';

export const plans: readonly (readonly [name: string, plan: Plan])[] = [
  ['canary with three weights', examplePlan()],
  ['canary with one weight and one failure', examplePlan({ weights: [100], threshold: 1 })],
  ['promotion in steps', examplePlan({ promotionStep: 20 })],
  ['blue/green behind a router', examplePlan(blueGreen)],
  ['blue/green without a router', examplePlan({ ...blueGreen, routed: false })],
  [
    'watched after its promotion',
    examplePlan({ weights: [50], watch: { forMs: 60_000, intervalMs: 20_000, threshold: 2 } }),
  ],
  ['analysis skipped', examplePlan({ skipAnalysis: true })],
];
