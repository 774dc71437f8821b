/** How one simulated release ended. */

export interface Outcome {
  readonly end: 'promoted' | 'rolledBack' | 'held';
  /** Seconds from the canary's first request until its traffic was taken away, or until it was promoted. */
  readonly seconds: number;
  /** Requests that the canary failed until then. */
  readonly failed: number;
}

/** The gateway needs this long for new weights. */
export const ACTUATION = 2;
/** A release that has neither failed nor passed after this long counts as held. */
export const TIME_LIMIT = 1500;
