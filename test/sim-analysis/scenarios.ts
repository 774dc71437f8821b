/** The situations which a judge has to stand, each with a canary that is no worse than the primary. */
import type { Scenario } from './service.ts';

export interface Situation {
  readonly name: string;
  readonly primaryRate: (at: number) => number;
  /** The primary's rate where absent. */
  readonly canaryRate?: (at: number) => number;
  readonly bursts?: number;
}

const usual = 0.001;

function steady(rate: number): Situation {
  return { name: `steady, ${percent(rate)} errors`, primaryRate: () => rate };
}

/** Both sides fail that share from one moment to another, in seconds after the start. */
function incident(name: string, rate: number, from: number, to: number): Situation {
  return { name, primaryRate: at => (at >= from && at < to ? rate : usual) };
}

export const healthySituations: readonly Situation[] = [
  ...[0.0001, 0.001, 0.005, 0.009, 0.02].map(steady),
  { name: 'drift from 0.1 % to 1 % in 10 min', primaryRate: at => usual + 0.009 * ramp(at / 600) },
  incident('shared incident, 5 %, minutes 2.2 to 6.2', 0.05, 132, 372),
  incident('shared incident, 30 %, minutes 2.2 to 7.2', 0.3, 132, 432),
  incident('shared incident, 5 %, exactly at a weight step', 0.05, 120, 360),
  incident('shared incident, 30 %, exactly at a weight step', 0.3, 120, 360),
  ...[1, 2, 4].map(bursts => ({
    name: `bursts on either side, cv ${bursts}`,
    primaryRate: () => usual,
    bursts,
  })),
  { name: 'canary 0.14 %, within the tolerance', primaryRate: () => usual, canaryRate: () => 0.0014 },
  {
    name: 'cold start, canary 5 % for 20 s',
    primaryRate: () => usual,
    canaryRate: at => (at < 20 ? 0.05 : usual),
  },
];

export const trafficLevels = [1, 10, 100, 1000] as const;

export function scenarioOf(situation: Situation, requestsPerSecond: number): Scenario {
  const { primaryRate, canaryRate = primaryRate, bursts } = situation;
  return { requestsPerSecond, primaryRate, canaryRate, ...(bursts === undefined ? {} : { bursts }) };
}

/** A canary that fails more, from its first request or from later on, beside a primary with 0.1 % errors. */
export function regression(requestsPerSecond: number, rate: number, from = 0): Scenario {
  return { requestsPerSecond, primaryRate: () => usual, canaryRate: at => (at < from ? usual : rate) };
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function ramp(part: number): number {
  return Math.min(1, Math.max(0, part));
}
