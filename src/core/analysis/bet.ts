/** One bet: how much likelier one batch makes it that the canary is worse than the primary by more than is tolerated. */

export interface Counts {
  /** Requests; may be a fraction where counters were read between two scrapes. */
  readonly total: number;
  /** Those of them that went wrong: errors, or slower than a limit. */
  readonly bad: number;
}

/** What the release may do: its rate of bad requests ≤ `ratio` · the primary's + `tolerance` (a share, 0.001 = 0.1 percentage points). */
export interface Tolerated {
  readonly ratio: number;
  readonly tolerance: number;
}

const ALMOST_ONE = 1 - 1e-9;
const ALMOST_ZERO = 1e-12;
/** Below 1, so that one batch cannot ruin the bettor. */
const STAKE = 0.999;

/**
 * ln L of a batch for a bet on the canary's rate `bet`, with `guess` for the primary's; both chosen before the batch is seen.
 *
 * Whatever the two are: while canary ≤ ratio · primary + tolerance holds in the batch, E[L] ≤ 1. For, given the past, E[L] is at most
 * exp(n꜀·λ·(p꜀ − μ꜀) − nₚ·κ·(pₚ − μₚ)), the stakes make nₚ·κ = n꜀·λ·ratio, and μ꜀ = ratio·μₚ + tolerance leaves an exponent ≤ 0.
 * Both arms need at least a part of a request.
 */
export function logLikelihood(
  canary: Counts,
  primary: Counts,
  guess: number,
  bet: number,
  { ratio, tolerance }: Tolerated,
): number {
  const share = canary.total / (canary.total + primary.total);
  const rest = primary.total / (canary.total + primary.total);
  const middle = (share * bet + rest * guess - share * tolerance) / (share * ratio + rest);
  const primaryMean = Math.min(ALMOST_ONE, Math.max(ALMOST_ZERO, middle));
  const canaryMean = Math.min(ALMOST_ONE, ratio * primaryMean + tolerance);
  const wanted = Math.max(0, (bet - canaryMean) / (canaryMean * (1 - canaryMean)));
  const odds = (ratio * share) / rest;
  const stake = Math.min(wanted, STAKE / (odds * (1 - primaryMean)));
  const counterStake = stake * odds;
  return (
    canary.bad * Math.log1p(stake * (1 - canaryMean)) +
    (canary.total - canary.bad) * Math.log1p(-stake * canaryMean) +
    primary.bad * Math.log1p(-counterStake * (1 - primaryMean)) +
    (primary.total - primary.bad) * Math.log1p(counterStake * primaryMean)
  );
}

/** Which rates of the canary are bet on. */
export interface Grid {
  /** `odds`: the tolerated rate's odds times each value; `gap`: that part of the way from the tolerated rate to 1. */
  readonly mode: 'odds' | 'gap';
  readonly values: readonly number[];
}

export interface Bets extends Tolerated {
  readonly grid: Grid;
}

/** The rates to bet on when the primary's is guessed at `guess`. */
export function betsOn(bets: Bets, guess: number): number[] {
  const { grid } = bets;
  const limit = toleratedRate(guess, bets);
  return grid.values.map(value =>
    grid.mode === 'odds' ? raiseOdds(limit, value) : limit + (1 - limit) * value,
  );
}

/** The highest rate that is accepted beside a primary with that rate. */
export function toleratedRate(primary: number, { ratio, tolerance }: Tolerated): number {
  return Math.min(1 - 1e-6, ratio * primary + tolerance);
}

/** The rate whose odds are `times` those of `rate`: unlike the rate itself it never leaves 0..1. */
export function raiseOdds(rate: number, times: number): number {
  return (times * rate) / (1 - rate + times * rate);
}
