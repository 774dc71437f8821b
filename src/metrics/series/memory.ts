/** The samples that were read from one server, so that only newer ones are asked for. Lost, they cost a longer answer and nothing else. */
import type { RawSeries } from '../port.ts';
import { type Answered, continued, continuesAfter, type Tape, tapeOf, trimmed } from './tape.ts';

/** About 40 MiB; of more, those which were used least lately are asked for anew. */
const mostSamples = 500_000;
/** A run that has ended asks no more; ms. */
const unusedMs = 600_000;

/** What is asked for: the samples of this selector, as text, after `from` (ms since the epoch). */
export interface Wanted {
  readonly text: string;
  readonly from: number;
}

export interface SeriesMemory {
  /** Samples after this time are to be asked for at `at`; ms since the epoch. */
  askAfter(wanted: Wanted, at: number): number;
  /** What is wanted, of the answer and of what was known; undefined where they do not fit, and all is to be asked for. */
  take(wanted: Wanted, answered: Answered): readonly RawSeries[] | undefined;
}

export function createSeriesMemory(limit = mostSamples): SeriesMemory {
  const tapes = new Map<string, Tape>();
  let size = 0;

  function forget(text: string): void {
    size -= tapes.get(text)?.size ?? 0;
    tapes.delete(text);
  }

  function keep(text: string, tape: Tape): void {
    forget(text);
    tapes.set(text, tape);
    size += tape.size;
    for (const [oldest, { at }] of tapes) {
      if (size <= limit && at >= tape.at - unusedMs) break;
      forget(oldest);
    }
  }

  return {
    askAfter({ text, from }, at) {
      const tape = tapes.get(text);
      return Math.max(from, (tape && continuesAfter(tape, from, at)) ?? from);
    },
    take({ text, from }, answered) {
      const isWhole = answered.after <= from;
      if (isWhole && answered.series.length === 0) {
        // Of nothing, nothing can be continued.
        forget(text);
        return answered.series;
      }
      const known = tapes.get(text);
      const tape = isWhole ? tapeOf(answered) : known && continued(known, answered, from);
      if (tape === undefined) forget(text);
      else keep(text, tape);
      if (isWhole) return trimmed(answered.series, from);
      return tape && trimmed(tape.series.values(), from);
    },
  };
}
