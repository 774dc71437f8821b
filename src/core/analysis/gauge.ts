/** Gauges (CPU per request, memory, a business figure): the mean difference of both sides, with bounds that hold at every look. */

/** Plain JSON: sums over the pairs so far. */
export interface GaugeState {
  /** End of the last pair, ms since the epoch. */
  readonly at: number;
  readonly pairs: number;
  /** Mean difference of canary and primary, and the sum of its squared deviations. */
  readonly mean: number;
  readonly squares: number;
}

export interface GaugeSettings {
  /** The canary may be worse by this much, in the gauge's own unit. */
  readonly tolerance: number;
  readonly worse: 'higher' | 'lower';
  readonly alpha: number;
}

export interface GaugePair {
  readonly to: number;
  readonly canary: number;
  readonly primary: number;
}

export interface GaugeJudgement {
  readonly state: GaugeState;
  readonly outcome: 'pass' | 'fail' | 'inconclusive' | 'noData';
  /** Bounds of the mean difference, canary less primary. */
  readonly lower: number;
  readonly upper: number;
}

/** The bounds are right in the limit of many pairs: fewer say nothing. */
const LEAST_PAIRS = 20;
/** Where the bounds are narrowest: near forty pairs. */
const RHO_SQUARED = 0.05;

export function startGauge(at: number): GaugeState {
  return { at, pairs: 0, mean: 0, squares: 0 };
}

/** Takes one pair of values of the same time, best means of half a minute. A pair that was taken before, or no number, changes nothing. */
export function judgeGauge(state: GaugeState, pair: GaugePair, settings: GaugeSettings): GaugeJudgement {
  return assessGauge(takePair(state, pair), settings);
}

/** `fail` where the whole interval is beyond the tolerance, `pass` where all of it is within. */
export function assessGauge(state: GaugeState, { tolerance, worse, alpha }: GaugeSettings): GaugeJudgement {
  const { pairs, mean, squares } = state;
  const variance = pairs > 1 ? squares / (pairs - 1) : 0;
  const [lower, upper] = meanBounds(pairs, mean, variance, alpha);
  const [least, most] = worse === 'higher' ? [lower, upper] : [-upper, -lower];
  return { state, outcome: outcomeOf(pairs, least, most, tolerance), lower, upper };
}

/** Asymptotic confidence sequence of a mean: m ± √(σ²·2(nρ²+1)/(n²ρ²)·ln(√(nρ²+1)/α)), for all n at once. */
export function meanBounds(
  count: number,
  mean: number,
  variance: number,
  alpha: number,
): readonly [number, number] {
  if (count === 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const spread = count * RHO_SQUARED + 1;
  const width = Math.sqrt(
    ((variance * 2 * spread) / (count * count * RHO_SQUARED)) * Math.log(Math.sqrt(spread) / alpha),
  );
  return [mean - width, mean + width];
}

function takePair(state: GaugeState, { to, canary, primary }: GaugePair): GaugeState {
  const difference = canary - primary;
  if (to <= state.at || !Number.isFinite(difference)) return state;
  const pairs = state.pairs + 1;
  const mean = state.mean + (difference - state.mean) / pairs;
  return { at: to, pairs, mean, squares: state.squares + (difference - state.mean) * (difference - mean) };
}

function outcomeOf(pairs: number, least: number, most: number, tolerance: number): GaugeJudgement['outcome'] {
  if (pairs === 0) return 'noData';
  if (pairs < LEAST_PAIRS) return 'inconclusive';
  if (least > tolerance) return 'fail';
  return most <= tolerance ? 'pass' : 'inconclusive';
}
