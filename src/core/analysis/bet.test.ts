import { assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betsOn, logLikelihood, raiseOdds, toleratedRate } from './bet.ts';
import vectors from './vectors.test-data.json' with { type: 'json' };
import { expectClose } from './vectors.test-tool.ts';

describe('one bet', () => {
  it.each(vectors.bet)('agrees for $batch', ({ batch, guess, bet, ratio, tolerance, logL }) => {
    const [total = 0, bad = 0, primaryTotal = 0, primaryBad = 0] = batch;
    const canary = { total, bad };
    const primary = { total: primaryTotal, bad: primaryBad };
    expectClose(logLikelihood(canary, primary, guess, bet, { ratio, tolerance }), logL);
  });
});

/** C(n, k)·pᵏ·(1−p)ⁿ⁻ᵏ for all k. */
function binomial(n: number, p: number): number[] {
  let choose = 1;
  return Array.from({ length: n + 1 }, (_, k) => {
    if (k > 0) choose = (choose * (n - k + 1)) / k;
    return choose * p ** k * (1 - p) ** (n - k);
  });
}

describe('what it may win where the canary is exactly as bad as tolerated', () => {
  const sizes = [1, 2, 5, 12];
  const rates = [0, 0.001, 0.03, 0.3, 0.8];
  const accepted = [
    { ratio: 1, tolerance: 0 },
    { ratio: 1, tolerance: 0.001 },
    { ratio: 1.5, tolerance: 0.0005 },
    { ratio: 1, tolerance: 0.1 },
    { ratio: 0.5, tolerance: 0.02 },
  ];

  it.each(accepted)('is nothing on average, by every outcome there is: $ratio, $tolerance', tolerated => {
    let worst = 0;
    for (const canaryTotal of sizes) {
      for (const primaryTotal of sizes) {
        for (const rate of rates) {
          const canaryRate = Math.min(1, tolerated.ratio * rate + tolerated.tolerance);
          const ofCanary = binomial(canaryTotal, canaryRate);
          const ofPrimary = binomial(primaryTotal, rate);
          for (const guess of [0.0005, 0.02, 0.4]) {
            for (const bet of [0.01, 0.2, 0.9]) {
              let expected = 0;
              for (const [bad, chance] of ofCanary.entries()) {
                for (const [primaryBad, primaryChance] of ofPrimary.entries()) {
                  const canary = { total: canaryTotal, bad };
                  const primary = { total: primaryTotal, bad: primaryBad };
                  expected +=
                    chance * primaryChance * Math.exp(logLikelihood(canary, primary, guess, bet, tolerated));
                }
              }
              worst = Math.max(worst, expected);
            }
          }
        }
      }
    }
    expect(worst).toBeGreaterThan(0.9);
    expect(worst).toBeLessThanOrEqual(1 + 1e-12);
  });
});

describe('any bet', () => {
  const rate = double({ min: 1e-6, max: 0.99, noNaN: true });
  const size = integer({ min: 1, max: 1_000_000 });
  const tolerated = { ratio: 1, tolerance: 0.001 };

  it('wins with each further bad request of the canary, and never by one of the primary', () => {
    assert(
      property(rate, rate, size, size, rate, (guess, bet, total, primaryTotal, part) => {
        const bad = Math.floor(part * (total - 1));
        const primary = { total: primaryTotal, bad: Math.floor(part * (primaryTotal - 1)) };
        const now = logLikelihood({ total, bad }, primary, guess, bet, tolerated);
        const worse = logLikelihood({ total, bad: bad + 1 }, primary, guess, bet, tolerated);
        const both = logLikelihood(
          { total, bad },
          { ...primary, bad: primary.bad + 1 },
          guess,
          bet,
          tolerated,
        );
        const rounding = 1e-9 * (1 + Math.abs(now));
        expect(worse).toBeGreaterThanOrEqual(now - rounding);
        expect(both).toBeLessThanOrEqual(now + rounding);
        expect(now).not.toBeNaN();
      }),
    );
  });

  it('wins the same whether a batch comes whole or in two halves', () => {
    assert(
      property(rate, rate, size, size, (guess, bet, total, primaryTotal) => {
        const canary = { total, bad: total * 0.01 };
        const primary = { total: primaryTotal, bad: primaryTotal * 0.001 };
        const half = ({ total, bad }: typeof canary) => ({ total: total / 2, bad: bad / 2 });
        const whole = logLikelihood(canary, primary, guess, bet, tolerated);
        const halves = 2 * logLikelihood(half(canary), half(primary), guess, bet, tolerated);
        expectClose(halves, whole);
      }),
    );
  });
});

describe('the rates bet on', () => {
  it('lie above the tolerated one and below 1', () => {
    for (const guess of [0, 1e-9, 0.001, 0.5, 0.999, 1]) {
      for (const grid of [
        { mode: 'odds' as const, values: [1.5, 3, 8, 25] },
        { mode: 'gap' as const, values: [0.1, 0.4, 0.8] },
      ]) {
        const bets = { grid, ratio: 1, tolerance: 0.001 };
        for (const bet of betsOn(bets, guess)) {
          expect(bet).toBeGreaterThan(toleratedRate(guess, bets));
          expect(bet).toBeLessThan(1);
        }
      }
    }
  });

  it('are raised by odds', () => {
    expect(raiseOdds(0.5, 3)).toBeCloseTo(0.75, 12);
    expect(raiseOdds(0.001, 10)).toBeCloseTo(0.00991, 5);
  });
});
