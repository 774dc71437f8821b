/** Back-off of the outbox: a receiver that is down is asked less and less often, and never for ever not. */

const baseMs = 1_000;
const capMs = 60_000;
/** For what cannot succeed before somebody changes something. */
export const slowCapMs = 900_000;

/** RFC 3339 time of the next try after `attempts` failures; a receiver's own wish is followed up to the cap. */
export function nextAttempt(now: number, attempts: number, wishMs = 0, mostMs = capMs): string {
  const waitMs = Math.min(mostMs, Math.max(wishMs, baseMs * 2 ** Math.min(attempts, 20)));
  return new Date(now + waitMs).toISOString();
}
