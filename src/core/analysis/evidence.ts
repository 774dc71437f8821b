/** Evidence over a whole run: bets mixed over how bad the canary is and since when, valid however often one looks. */
import { type Bets, betsOn, type Counts, logLikelihood } from './bet.ts';
import { logAdd, logMean } from './logs.ts';

/** Evidence so far. It starts as `noEvidence` and is plain JSON at every moment. */
export interface Evidence {
  /** Batches that were bet on. */
  readonly batches: number;
  /** ln of the capital of each bet, by bucket boundary and then by grid value; empty before the first batch. */
  readonly capital: readonly number[];
}

export const noEvidence: Evidence = { batches: 0, capital: [] };

/** One kind of bad request in one batch, with what was known before it. */
export interface Trial {
  readonly canary: Counts;
  readonly primary: Counts;
  /** The primary's rate as guessed before the batch. */
  readonly guess: number;
  /** How much more than by chance the counts vary from batch to batch: squared coefficient of variation of the rate. */
  readonly dispersion: number;
}

export interface Channel extends Bets {
  /** The most that one batch may add, in nats: no single scrape decides. */
  readonly cap: number;
}

/** Of the capital: bet from the first batch on; from then evenly up to the horizon, in batches; the rest ever more thinly, for ever. */
export const AT_START = 0.5;
const WITHIN_HORIZON = 0.4;
const AFTER_HORIZON = 1 - AT_START - WITHIN_HORIZON;
const HORIZON = 60;

/** ln E: the evidence against "not worse than tolerated". A true such claim is refuted, ever, with probability ≤ α where ln E ≥ ln 1/α does. */
export function logEvidence({ batches, capital }: Evidence): number {
  return logAdd(logMean(capital), Math.log(heldBack(batches)));
}

/** Adds a batch; several trials are the bucket boundaries of one histogram, whose evidence is averaged. Each arm needs requests. */
export function gather(evidence: Evidence, trials: readonly Trial[], channel: Channel): Evidence {
  const { batches, capital } = evidence;
  const fresh = Math.log(heldBack(batches) - heldBack(batches + 1));
  const size = channel.grid.values.length;
  const next = trials.flatMap(({ canary, primary, guess, dispersion }, index) => {
    const tempering = 1 / (1 + dispersion * canary.total * guess);
    return betsOn(channel, guess).map((bet, offset) => {
      const before = capital[index * size + offset] ?? Number.NEGATIVE_INFINITY;
      return logAdd(before, fresh) + tempering * logLikelihood(canary, primary, guess, bet, channel);
    });
  });
  const limit = Math.max(0, logEvidence(evidence)) + channel.cap;
  return { batches: batches + 1, capital: cap(next, heldBack(batches + 1), limit) };
}

/** Shrinks all capital so that ln E is at most `limit`: giving evidence away keeps the guarantee. */
function cap(capital: readonly number[], held: number, limit: number): readonly number[] {
  const mean = logMean(capital);
  if (logAdd(mean, Math.log(held)) <= limit) return capital;
  const allowed = limit + Math.log1p(-held * Math.exp(-limit));
  return capital.map(value => value - (mean - allowed));
}

/** The part of the capital not yet bet after so many batches: what makes a late regression as visible as an early one. */
function heldBack(batches: number): number {
  if (batches === 0) return 1;
  if (batches <= HORIZON) {
    return 1 - AT_START - (WITHIN_HORIZON * (batches - 1)) / (HORIZON - 1);
  }
  return (AFTER_HORIZON * HORIZON) / batches;
}
