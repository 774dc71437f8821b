/** Seeded randomness: one number decides a whole run, so that a failure can be played again. */

export interface Random {
  /** From 0 to just below 1. */
  next(): number;
  /** Whole number from `low` up to and including `high`. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
}

/** Mulberry32: small, fast, and the same on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: probability => next() < probability,
  };
}

/** The base seed of a test process: new each time, or what `SEED` says. */
export const baseSeed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000_000));

/** For tests of frequencies, whose bounds a rare draw may miss: one draw for everybody, until `SEED` asks for another. */
export const fixedSeed = Number(process.env['SEED'] ?? 20_261_121);
