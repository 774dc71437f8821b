/** A decision: what happens to a Canary now, and why, in words for programs and for people. */
import type { Event } from './machine.ts';

export interface Decision {
  /** What happens; absent means the state stays. */
  readonly event?: Event;
  /** One CamelCase word, for conditions and Events. */
  readonly reason: string;
  /** The "why" for people. */
  readonly message: string;
  /** The next absolute time (ms) at which the decision may differ without anything else changing. */
  readonly wakeAt?: number;
  /** What `analysis.checks` say, for people. */
  readonly evidence?: string;
  /** Samples are due: take them and decide again. */
  readonly needsSamples?: boolean;
  /** Something that a person has to repair. */
  readonly stalled?: boolean;
  /** The run has held beyond its limit: told once more than that it holds. */
  readonly overdue?: boolean;
  /** It does what the annotation `siskin.dev/rollback` asks for, which thereby is followed. */
  readonly followsAsked?: boolean;
  /** With `gaveUp`: nothing was proved against the release, so Git is left alone and the revision may come again. */
  readonly inconclusive?: boolean;
}
