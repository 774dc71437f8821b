/** Planning: how many requests of the canary it takes until a regression of a given size is noticed. */
import { type Bets, betsOn, logLikelihood, raiseOdds, type Tolerated, toleratedRate } from './bet.ts';
import { AT_START } from './evidence.ts';

/** A regression that a release must not be promoted without having had the chance to show: ten times the tolerated odds, and at least 1 %. */
const NOTABLE_ODDS = 10;
const NOTABLE_RATE = 0.01;

export interface Expected {
  /** The primary's rate of bad requests. */
  readonly primary: number;
  /** The canary's. */
  readonly canary: number;
  /** Share of all requests that the canary gets, above 0 and below 1. */
  readonly share: number;
}

/** Evidence per request of the canary, in nats, of the grid's best bet; not above 0 where the regression is within what is tolerated. */
export function growth({ primary, canary, share }: Expected, bets: Bets): number {
  const total = (1 - share) / share;
  const arms = [
    { total: 1, bad: canary },
    { total, bad: primary * total },
  ] as const;
  const gains = betsOn(bets, primary).map(bet => logLikelihood(...arms, primary, bet, bets));
  return Math.max(...gains);
}

/** Requests of the canary until its regression is refuted at `alpha`, on average; `boundaries` are the limits of a histogram judged together. */
export function expectedRequests(expected: Expected, bets: Bets, alpha: number, boundaries = 1): number {
  const gain = growth(expected, bets);
  if (gain <= 0) return Number.POSITIVE_INFINITY;
  const mixed = bets.grid.values.length * boundaries;
  return (Math.log(1 / alpha) + Math.log(mixed) - Math.log(AT_START)) / gain;
}

/** The rate at which nobody would want the release, whatever the preset. */
export function notableRate(primary: number, tolerated: Tolerated): number {
  return Math.max(NOTABLE_RATE, raiseOdds(toleratedRate(primary, tolerated), NOTABLE_ODDS));
}
