/** The table of figures, with the machine they were measured on: plain Markdown, so that it can be put into the documentation as it is. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { largest, percentile } from './statistics.ts';

/** What others need for the same, measured on the same kind of control plane and machine. */
export interface Peers {
  readonly flagger?: string;
  readonly argoRollouts?: string;
}

export interface Figure extends Peers {
  readonly metric: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** What the figure should be, for people; nothing is judged by it. */
  readonly goal?: string;
}

interface Missing {
  readonly metric: string;
  readonly why: string;
}

export interface Results {
  readonly figures: Figure[];
  readonly missing: Missing[];
}

const columns = ['metric', 'n', 'p50', 'p95', 'p99', 'max', 'unit', 'goal', 'Flagger', 'Argo Rollouts'];

function shown(value: number): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

function cells({ metric, unit, values, goal = '', flagger = '', argoRollouts = '' }: Figure): string[] {
  const numbers = [50, 95, 99].map(percent => shown(percentile(values, percent)));
  return [
    metric,
    String(values.length),
    ...numbers,
    shown(largest(values)),
    unit,
    goal,
    flagger,
    argoRollouts,
  ];
}

export function table(figures: readonly Figure[]): string {
  const rows = [columns, ...figures.map(cells)];
  const widths = columns.map((_, index) => Math.max(3, ...rows.map(row => row[index]?.length ?? 0)));
  const lines = rows.map(
    row => `| ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`,
  );
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

/** For whoever watches while the rest is measured. */
export function line({ metric, unit, values }: Figure): string {
  const [middle, most] = [percentile(values, 50), largest(values)].map(shown);
  return values.length === 1 ? `${metric}: ${most} ${unit}` : `${metric}: p50 ${middle}, max ${most} ${unit}`;
}

export function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${availableParallelism()} × ${model}, ${memory}, Node ${process.versions.node}, Linux`;
}

/** How busy the machine was: other processes' work shows in every latency. */
export function load(): string {
  return loadavg()
    .map(value => value.toFixed(1))
    .join(' ');
}
