/** One cell of a table: many simulated releases of one kind, each with a seed of its own. */
import { checkSettings, presets } from '../../src/core/analysis/settings.ts';
import type { Random } from '../sim/random.ts';
import { createRandom } from '../sim/random.ts';
import { runArgo } from './argo.ts';
import { flaggerDefaults, flaggerTuned, runFlagger } from './flagger.ts';
import type { Outcome } from './outcome.ts';
import type { Scenario } from './service.ts';
import { runSiskin } from './siskin.ts';

export interface Judge {
  readonly name: string;
  readonly run: (scenario: Scenario, random: Random) => Outcome;
}

const balanced = checkSettings('errors', 'balanced');
export const alpha = presets.balanced.falseRollbackProbability;

export const flagger: Judge = {
  name: 'Flagger, 1m',
  run: (scenario, random) => runFlagger(scenario, random, flaggerDefaults),
};
export const fastFlagger: Judge = {
  name: 'Flagger, 10s',
  run: (scenario, random) => runFlagger(scenario, random, flaggerTuned),
};
export const argo: Judge = { name: 'Argo Rollouts, 1m', run: runArgo };
export const siskin: Judge = {
  name: 'Siskin',
  run: (scenario, random) => runSiskin(scenario, random, { check: balanced }),
};
/** A budget of 25 failed requests, in the weights which the operator gives. */
export const siskinWithBudget: Judge = {
  name: 'Siskin, budget 25',
  run: (scenario, random) => runSiskin(scenario, random, { check: balanced, budget: { failedRequests: 25 } }),
};

export interface Cell {
  readonly releases: number;
  readonly rolledBack: number;
  readonly held: number;
  /** Of the canary until its traffic was taken back, or until the promotion. */
  readonly meanFailed: number;
  /** The 95th percentile. */
  readonly mostFailed: number;
  /** Median seconds until the end of those that were rolled back, and of those that were promoted. */
  readonly rollbackSeconds: number | undefined;
  readonly promotionSeconds: number | undefined;
}

/** Plays `releases` releases; the same seed gives every judge the same random numbers to begin with. */
export function play(judge: Judge, scenario: Scenario, releases: number, seed: number): Cell {
  const outcomes = Array.from({ length: releases }, (_, index) =>
    judge.run(scenario, createRandom(seed + index * 7919)),
  );
  const failed = outcomes.map(outcome => outcome.failed).toSorted((a, b) => a - b);
  return {
    releases,
    rolledBack: count(outcomes, 'rolledBack'),
    held: count(outcomes, 'held'),
    meanFailed: failed.reduce((sum, each) => sum + each, 0) / Math.max(1, releases),
    mostFailed: failed[Math.floor(failed.length * 0.95)] ?? 0,
    rollbackSeconds: median(outcomes, 'rolledBack'),
    promotionSeconds: median(outcomes, 'promoted'),
  };
}

function count(outcomes: readonly Outcome[], end: Outcome['end']): number {
  return outcomes.filter(outcome => outcome.end === end).length;
}

function median(outcomes: readonly Outcome[], end: Outcome['end']): number | undefined {
  const times = outcomes.filter(outcome => outcome.end === end).map(({ seconds }) => seconds);
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}
