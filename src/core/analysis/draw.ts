/** Random routing of counted requests, for replays: the randomness itself is handed in. */

/** From 0 to just below 1. */
export type Draw = () => number;

/** Above this variance a normal deviate is as good as a binomial one. */
const LARGE = 60;

/** How many of `count` requests something happens to that happens to each with that probability. */
export function binomial(count: number, probability: number, draw: Draw): number {
  const trials = Math.round(count);
  if (trials <= 0 || probability <= 0) return 0;
  if (probability >= 1) return trials;
  if (probability > 0.5) return trials - binomial(trials, 1 - probability, draw);
  const variance = trials * probability * (1 - probability);
  if (variance > LARGE) {
    const drawn = Math.round(trials * probability + Math.sqrt(variance) * normal(draw));
    return Math.min(trials, Math.max(0, drawn));
  }
  const odds = probability / (1 - probability);
  let left = draw();
  let chance = Math.exp(trials * Math.log1p(-probability));
  let hits = 0;
  while (left > chance && hits < trials) {
    left -= chance;
    chance *= (odds * (trials - hits)) / (hits + 1);
    hits += 1;
  }
  return hits;
}

/** Box and Muller's deviate; 1 − u since u may be 0. */
function normal(draw: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}
