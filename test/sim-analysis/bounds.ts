/** The bounds which Siskin's analysis was built to keep, beside what was measured. */
import { alpha, siskinWithBudget } from './cell.ts';
import type { Row, Table, Tables } from './tables.ts';

export interface Bound {
  readonly what: string;
  readonly bound: string;
  readonly measured: string;
  readonly isKept: boolean;
}

const SCHEDULE = 600;
const USUAL = 'steady, 0.1 % errors';

export function boundsOf(tables: Tables): Bound[] {
  const rates = ofSiskin(tables.healthy).map(({ cell }) => cell.rolledBack / cell.releases);
  const all = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const worst = Math.max(...rates);
  const at100 = costs(
    tables.bad,
    row => row.requestsPerSecond === 100 && ['1 %', '5 %', '50 %'].includes(row.name),
  );
  const at1000 = costs(tables.bad, row => row.requestsPerSecond === 1000);
  const slowest = Math.max(
    ...ofSiskin(tables.healthy)
      .filter(({ row }) => row.name === USUAL && row.requestsPerSecond >= 10)
      .map(({ cell }) => cell.promotionSeconds ?? Number.POSITIVE_INFINITY),
  );
  return [
    bound('healthy releases rolled back, worst cell: the guarantee', alpha, worst, share),
    bound('healthy releases rolled back, worst cell: the goal', 0.005, worst, share),
    bound('healthy releases rolled back, all cells', 0.005, all, share),
    bound('failed requests at 100 requests/s; 1, 5 and 50 % errors', 20, at100, requests),
    bound('failed requests at 1,000 requests/s; 0.5 to 100 % errors', 25, at1000, requests),
    bound(
      'a healthy release beside the fixed schedule, 10 to 1,000 requests/s',
      1.2,
      slowest / SCHEDULE,
      share,
    ),
  ];
}

function bound(what: string, most: number, measured: number, format: (value: number) => string): Bound {
  return { what, bound: `at most ${format(most)}`, measured: format(measured), isKept: measured <= most };
}

function costs(table: Table, isMeant: (row: Row) => boolean): number {
  return Math.max(...ofSiskin(table).flatMap(({ row, cell }) => (isMeant(row) ? [cell.meanFailed] : [])));
}

function ofSiskin({ judges, rows }: Table) {
  const column = judges.indexOf(siskinWithBudget);
  return rows.flatMap(row => {
    const cell = row.cells[column];
    return cell === undefined ? [] : [{ row, cell }];
  });
}

function share(value: number): string {
  return `${Number((value * 100).toFixed(2))} %`;
}

function requests(value: number): string {
  return value.toFixed(1);
}
