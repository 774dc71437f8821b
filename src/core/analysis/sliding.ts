/** Counts over a long sliding window, kept as those of its twelfths: a few numbers, so that no pass reads the whole window anew. */
import type { Counts } from './bet.ts';
import { tidy } from './tidy.ts';

/** The window is told to within one of them. */
const PARTS = 12;

/** Total and bad of each part, oldest first. */
export const emptyParts: readonly number[] = Array.from({ length: 2 * PARTS }, () => 0);

/** Times in ms since the epoch. */
export interface Sliding {
  /** Counted up to here. */
  readonly at: number;
  readonly parts: readonly number[];
}

export interface Slide {
  readonly to: number;
  readonly lengthMs: number;
  /** Counts of (`from`, `to`]. */
  readonly count: (from: number, to: number) => Counts;
}

/** The parts of the window that ends at `to`. What was counted before is not counted again. */
export function slide({ at, parts }: Sliding, { to, lengthMs, count }: Slide): readonly number[] {
  const partMs = Math.ceil(lengthMs / PARTS);
  const last = partAt(to, partMs);
  const known = Math.min(PARTS, last - partAt(at, partMs));
  const next = [...parts, ...emptyParts].slice(2 * known, 2 * (known + PARTS));
  for (let index = 0; index < PARTS; index += 1) {
    const begin = (last - PARTS + 1 + index) * partMs;
    const [from, until] = [Math.max(at, begin), Math.min(to, begin + partMs)];
    if (from >= until) continue;
    const { total, bad } = count(from, until);
    next[2 * index] = tidy((next[2 * index] ?? 0) + total);
    next[2 * index + 1] = tidy((next[2 * index + 1] ?? 0) + bad);
  }
  return next;
}

/** All parts together. */
export function sumOf(parts: readonly number[]): Counts {
  const sum = (offset: number) =>
    parts.reduce((total, count, index) => (index % 2 === offset ? total + count : total), 0);
  return { total: sum(0), bad: sum(1) };
}

/** The part that a moment is in, or at the end of. */
function partAt(at: number, partMs: number): number {
  return Math.ceil(at / partMs) - 1;
}
