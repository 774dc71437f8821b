/** What one check of evidence says in one pass. */

/** When a pass looks, and since when the canary has had requests; ms since the epoch. */
export interface Moment {
  readonly now: number;
  readonly analysedFrom: number;
}

interface Counts {
  readonly total: number;
  readonly bad: number;
}

export interface CheckEvidence {
  readonly name: string;
  readonly outcome: 'pass' | 'fail' | 'inconclusive' | 'noData' | 'error';
  /** What the check alone asks for. */
  readonly action: 'advance' | 'hold' | 'rollback';
  /** For people: what would have passed. */
  readonly limit?: string;
  /** What was measured: percent of failed (or slow) requests of the canary, a burn rate, or a gauge. */
  readonly value?: number;
  /** For people; begins with the check's name and ends with a full stop. */
  readonly message: string;
  /** To be handed in again at the next pass. */
  readonly state?: string;
  /** Up to which scrape it has judged, ms. */
  readonly until?: number;
  /** The newest scrape of all its series, ms. */
  readonly newest?: number;
  readonly scrapeMs?: number;
  /** It holds for nothing but that: no request of the canary has been counted yet. */
  readonly isUnserved?: boolean;
  /** Both sides are outside the objective, and the canary is no worse. */
  readonly sharedIncident?: boolean;
  /** For the impact budget: the canary's requests so far, the same as the primary would have served them, and what is accepted beyond. */
  readonly counts?: { readonly canary: Counts; readonly primary: Counts; readonly tolerance: number };
  /** To both sides in the last minute. */
  readonly requestsPerSecond?: number;
}
