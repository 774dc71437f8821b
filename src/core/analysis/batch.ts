/** What happened between two scrapes, on both sides. */

export interface Arm {
  /** Requests; may be a fraction where the two sides were scraped at different moments. */
  readonly total: number;
  /** Those that went wrong. Errors have one count; latency has one per bucket boundary: the requests slower than it. */
  readonly bad: readonly number[];
}

/** Counts of the time after `from` up to and including `to` (ms since the epoch). Batches of one check never overlap. */
export interface Batch {
  /** The boundary of the batch before. Of a run's first one: when the canary was opened to traffic, since the warm-up counts from it. */
  readonly from: number;
  readonly to: number;
  readonly canary: Arm;
  readonly primary: Arm;
}
