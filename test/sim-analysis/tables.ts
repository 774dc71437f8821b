/** Plays all cells of the simulation: one row per situation and amount of traffic, one cell per judge. */
import { argo, type Cell, fastFlagger, flagger, type Judge, play, siskin, siskinWithBudget } from './cell.ts';
import { healthySituations, percent, regression, scenarioOf, trafficLevels } from './scenarios.ts';
import type { Scenario } from './service.ts';

export interface Row {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly cells: readonly Cell[];
}

export interface Table {
  readonly judges: readonly Judge[];
  readonly rows: readonly Row[];
}

export interface Tables {
  readonly healthy: Table;
  readonly quiet: Table;
  readonly bad: Table;
  readonly late: Table;
}

const ofPeers = [flagger, fastFlagger, argo];
const judges = [...ofPeers, siskin, siskinWithBudget];
const badRates = [0.005, 0.01, 0.05, 0.2, 0.5, 1];
const busy = trafficLevels.filter(requests => requests >= 10);
/** In the middle of the eighth step of the schedule. */
const LATE = 372;

/** `releases` per cell of the first table, half as many per cell of the others; `tell` hears of each row. */
export function playTables(releases: number, seed: number, tell: (row: Row) => void): Tables {
  const half = Math.ceil(releases / 2);
  function table(cells: readonly (readonly [string, Scenario])[], by: readonly Judge[], each: number): Table {
    const rows = cells.map(([name, scenario]) => {
      const { requestsPerSecond } = scenario;
      const row = { name, requestsPerSecond, cells: by.map(judge => play(judge, scenario, each, seed)) };
      tell(row);
      return row;
    });
    return { judges: by, rows };
  }
  const withBudget = [...ofPeers, siskinWithBudget];
  return {
    bad: table(grid(busy, badRates, 0), judges, half),
    late: table(grid(busy, [0.01, 0.05, 0.5], LATE), judges, half),
    quiet: table(
      [0.05, 0.2, 0.5].map(requests => ['steady, 0.1 % errors', regression(requests, 0.001)] as const),
      withBudget,
      half,
    ),
    healthy: table(
      healthySituations.flatMap(situation =>
        trafficLevels.map(requests => [situation.name, scenarioOf(situation, requests)] as const),
      ),
      withBudget,
      releases,
    ),
  };
}

function grid(traffic: readonly number[], rates: readonly number[], from: number) {
  return traffic.flatMap(requests =>
    rates.map(rate => [percent(rate), regression(requests, rate, from)] as const),
  );
}
