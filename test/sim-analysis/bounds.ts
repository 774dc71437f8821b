/** The bounds which Siskin's analysis was built to keep, beside what was measured. */
import { alpha, type Judge } from './cell.ts';
import type { Row, Table, Tables } from './tables.ts';

export interface Bound {
  readonly what: string;
  readonly most: number;
  readonly measured: number;
  readonly format: (value: number) => string;
}

const SCHEDULE = 600;
const USUAL = 'steady, 0.1 % errors';

export function boundsOf(tables: Tables, judge: Judge): Bound[] {
  const healthy = column(tables.healthy, judge);
  const bad = column(tables.bad, judge);
  const rates = healthy.map(({ cell }) => cell.rolledBack / cell.releases);
  const all = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const times = healthy.flatMap(({ row, cell }) =>
    row.name === USUAL && row.requestsPerSecond >= 10 ? [cell.promotionSeconds ?? Infinity] : [],
  );
  function costliest(isMeant: (row: Row) => boolean): number {
    return Math.max(...bad.flatMap(({ row, cell }) => (isMeant(row) ? [cell.meanFailed] : [])));
  }
  const at100 = costliest(row => row.requestsPerSecond === 100 && ['1 %', '5 %', '50 %'].includes(row.name));
  const at1000 = costliest(row => row.requestsPerSecond === 1000);
  return [
    {
      what: 'healthy releases rolled back, worst cell: guaranteed',
      most: alpha,
      measured: Math.max(...rates),
      format: share,
    },
    {
      what: 'healthy releases rolled back, worst cell: wanted',
      most: 0.005,
      measured: Math.max(...rates),
      format: share,
    },
    { what: 'healthy releases rolled back, all cells', most: 0.005, measured: all, format: share },
    {
      what: 'failed requests on average at 100 requests/s; 1, 5 and 50 % errors',
      most: 20,
      measured: at100,
      format: requests,
    },
    {
      what: 'failed requests on average at 1,000 requests/s; 0.5 to 100 % errors',
      most: 25,
      measured: at1000,
      format: requests,
    },
    {
      what: 'time of a healthy release as a part of the fixed schedule’s, 10 to 1,000 requests/s',
      most: 1.2,
      measured: Math.max(...times) / SCHEDULE,
      format: share,
    },
  ];
}

function column({ judges, rows }: Table, judge: Judge) {
  const index = judges.indexOf(judge);
  return rows.flatMap(row => {
    const cell = row.cells[index];
    return cell === undefined ? [] : [{ row, cell }];
  });
}

function share(value: number): string {
  return `${Number((value * 100).toFixed(2))} %`;
}

function requests(value: number): string {
  return value.toFixed(1);
}
