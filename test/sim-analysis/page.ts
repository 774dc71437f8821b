/** The page and the pictures of the simulation, from its tables. */
import { boundsOf } from './bounds.ts';
import { type Cell, siskinWithBudget } from './cell.ts';
import { type Bars, drawBars } from './picture.ts';
import type { Table, Tables } from './tables.ts';

export interface Run {
  readonly tables: Tables;
  readonly releases: number;
  readonly seed: number;
  /** Of one update of the engine, microseconds. */
  readonly updateMicroseconds: number;
  readonly processor: string;
}

/** Path under docs/ and content of everything that is written. */
export function pagesOf(run: Run): Map<string, string> {
  const pages = new Map([['analysis-simulation.md', pageOf(run)]]);
  for (const [name, bars] of [
    ['failed-requests', failedRequests(run.tables)],
    ['false-rollbacks', falseRollbacks(run.tables)],
  ] as const) {
    for (const scheme of ['light', 'dark'] as const) {
      pages.set(`pictures/analysis-${name}-${scheme}.svg`, drawBars(bars, scheme));
    }
  }
  return pages;
}

function failedRequests({ bad }: Tables): Bars {
  return {
    title: 'Failed user requests until a bad release gets no more traffic',
    subtitle: '100 requests/s, mean of all releases, logarithmic scale',
    series: bad.judges.map(({ name }) => name),
    groups: bad.rows
      .filter(row => row.requestsPerSecond === 100 && ['1 %', '5 %', '50 %'].includes(row.name))
      .map(row => ({
        name: `${row.name} of its requests fail`,
        values: row.cells.map(cell => cell.meanFailed),
      })),
    logarithmicFrom: 1,
    format: value => value.toFixed(value < 100 ? 1 : 0),
  };
}

function falseRollbacks({ healthy }: Tables): Bars {
  const names = [...new Set(healthy.rows.map(row => row.name))];
  return {
    title: 'Healthy releases that are rolled back',
    subtitle: 'the worst of 1, 10, 100 and 1,000 requests/s, percent',
    series: healthy.judges.map(({ name }) => name),
    groups: names.map(name => {
      const rows = healthy.rows.filter(row => row.name === name);
      const values = healthy.judges.map((_, column) =>
        Math.max(...rows.map(row => rolledBack(row.cells[column]))),
      );
      return { name, values };
    }),
    format: value => `${formatPercent(value)} %`,
  };
}

function pageOf({ tables, releases, seed, updateMicroseconds, processor }: Run): string {
  const half = Math.ceil(releases / 2);
  const bounds = boundsOf(tables, siskinWithBudget).map(({ what, most, measured, format }) => {
    const told = `${format(measured)}${measured > most ? ' **missed**' : ''}`;
    return `| ${what} | at most ${format(most)} | ${told} |`;
  });
  return `# The analysis, simulated

<!-- Written by \`make sim-analysis\`; the words stand in test/sim-analysis/page.ts. -->

The engine that [judges by evidence](analysis.md) beside the rules of Flagger and Argo Rollouts, on the same simulated traffic. \`make sim-analysis\` writes
this page anew; a small version with the same bounds is among the unit tests.

This run: seed ${seed}, ${releases.toLocaleString('en-US')} releases per cell of the first table and ${half.toLocaleString('en-US')} per cell of the others.

## What is played

Requests arrive at random (Poisson), each fails with its side's rate, and Prometheus scrapes both sides every 15 s, each at a moment of its own. The traffic
is back on the primary 2 s after a decision. The canary's share goes from 5 % to 50 % in steps of 5 % and 60 s; with a budget these are upper bounds, and the last step lasts its whole time at its whole share. What fails after a promotion is not counted,
which flatters whoever misses a bad release.

| judge | rules |
|---|---|
| Flagger, 1m | its defaults: \`interval: 1m\`, \`threshold: 5\`, \`request-success-rate\` at least 99 % over 1m; failures are counted over the whole run, the rollback comes one tick after the last of them |
| Flagger, 10s | the same with \`interval: 10s\` and \`stepWeight: 1\`, as fast as it goes |
| Argo Rollouts, 1m | background analysis with \`interval: 1m\`, \`initialDelay: 1m\`, success rate at least 99 % over 1m, \`failureLimit: 3\`, \`consecutiveErrorLimit: 4\` |
| Siskin | preset \`balanced\`, warm-up of 30 s, the same steps |
| Siskin, budget 25 | the same with an impact budget of 25 failed requests, in whole percents, and below one percent in steps of 0.05 %, as the operator writes its routes |

The peers' success rate is Prometheus' \`rate()\` as it is, with the first value of a series lost and its extrapolation.

## Bounds

| | bound | ${siskinWithBudget.name} |
|---|---|---|
${bounds.join('\n')}

One update of the engine took ${updateMicroseconds.toFixed(1)} µs of processor time (${processor}); the bound is 20 µs.

## Healthy releases

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="pictures/analysis-false-rollbacks-dark.svg">
  <img alt="Healthy releases that are rolled back, by situation and judge" src="pictures/analysis-false-rollbacks-light.svg">
</picture>

Percent of releases rolled back although the canary is no worse than the primary by more than is tolerated; after the stroke, percent that were neither
rolled back nor promoted within 25 minutes. The last column is the median time of Siskin's promotions; the fixed schedule takes 600 s.

${tableOf(tables.healthy, 'situation', falseAlarm, promotionTime)}

With hardly any traffic:

${tableOf(tables.quiet, 'situation', falseAlarm, promotionTime)}

## Bad releases

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="pictures/analysis-failed-requests-dark.svg">
  <img alt="Failed requests until the traffic is taken back, by error rate and judge" src="pictures/analysis-failed-requests-light.svg">
</picture>

The primary fails 0.1 %. Percent found · median seconds until the traffic is taken back · failed requests of the canary on average (95th percentile).

${tableOf(tables.bad, 'canary fails', detection)}

Bad only from 6:12 after the start on, the requests that failed before included:

${tableOf(tables.late, 'canary fails', detection)}

## What this does not say

- Both sides are taken to serve the same mix of requests. With session affinity or routing by region they do not, and a check of evidence compares unlike things.
- Bursts are independent of each other and of the side; each lasts 5 s. Longer ones that hit the canary alone look like a regression, since they are one.
- An incident that hits both sides is hardly ever held against the canary, but it can slow a release with a budget: what the canary failed in it makes its own
  rate less certain. Nor is the hold simulated with which Siskin waits while the service is outside its objective.
- A budget keeps the share small until the canary is known; one that turns bad late, with a great share of the traffic, costs what comes in until it is noticed.
- A warm-up must be as long as the cold start is.
- Rare errors need requests: at 10 requests/s a canary that fails 1 % is missed by some releases, as the table shows.
`;
}

function tableOf(
  { judges, rows }: Table,
  first: string,
  format: (cell: Cell) => string,
  last?: (cells: readonly Cell[]) => string,
): string {
  const extra = last === undefined ? [] : ['seconds'];
  const head = [first, 'requests/s', ...judges.map(({ name }) => name), ...extra];
  const body = rows.map(({ name, requestsPerSecond, cells }) => [
    name,
    requestsPerSecond.toLocaleString('en-US'),
    ...cells.map(format),
    ...(last === undefined ? [] : [last(cells)]),
  ]);
  const lines = [head, ...body].map(row => `| ${row.join(' | ')} |`);
  return lines.toSpliced(1, 0, `|${'---|'.repeat(head.length)}`).join('\n');
}

function falseAlarm(cell: Cell): string {
  const held = (100 * cell.held) / cell.releases;
  return formatPercent(rolledBack(cell)) + (held > 0 ? ` / ${formatPercent(held)}` : '');
}

function promotionTime(cells: readonly Cell[]): string {
  return formatTime(cells.at(-1)?.promotionSeconds);
}

function detection(cell: Cell): string {
  const failed = `${cell.meanFailed.toFixed(cell.meanFailed < 100 ? 1 : 0)} (${cell.mostFailed})`;
  return `${formatPercent(rolledBack(cell))} · ${formatTime(cell.rollbackSeconds)} · ${failed}`;
}

function rolledBack(cell: Cell | undefined): number {
  return cell === undefined ? 0 : (100 * cell.rolledBack) / cell.releases;
}

function formatPercent(value: number): string {
  return String(Number(value.toFixed(value < 10 ? 2 : 1)));
}

function formatTime(seconds: number | undefined): string {
  return seconds === undefined ? '–' : seconds.toFixed(0);
}
