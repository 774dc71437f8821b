/** Draws from the distributions which traffic is made of. */
import type { Random } from '../sim/random.ts';

/** Above this mean a normal deviate is as good as a Poisson one for what is measured here. */
const LARGE = 60;

export function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0;
  if (mean > LARGE) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let left = random.next();
  let chance = Math.exp(-mean);
  let count = 0;
  while (left > chance && count < 1000) {
    left -= chance;
    count += 1;
    chance *= mean / count;
  }
  return count;
}

/** Box and Muller's; `1 − u` since u may be 0. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** A factor around 1 with the given coefficient of variation, gamma distributed (Marsaglia and Tsang's method). */
export function burst(variation: number, random: Random): number {
  const shape = 1 / variation ** 2;
  const d = Math.max(shape, shape + 1 < 2 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const boost = shape < 1 ? (1 - random.next()) ** (1 / shape) : 1;
  for (;;) {
    const z = normal(random);
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < z ** 2 / 2 + d - d * v + d * Math.log(v)) {
      return (d * v * boost) / shape;
    }
  }
}
