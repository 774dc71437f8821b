/** The guarantee itself, on canaries that are exactly as bad as tolerated beside a primary whose rate jumps about. */
import { expect, it } from 'vitest';
import { startCheck, takeBatch } from '../../src/core/analysis/check.ts';
import { binomial } from '../../src/core/analysis/draw.ts';
import { type CheckSettings, checkSettings } from '../../src/core/analysis/settings.ts';
import { createRandom, fixedSeed, type Random } from '../sim/random.ts';

const RUNS = 600;
const BATCHES = 40;

function isRefuted(settings: CheckSettings, random: Random): boolean {
  let state = startCheck([{ total: 20_000, bad: [40] }], 0, settings);
  for (let number = 0; number < BATCHES; number += 1) {
    const rate = 0.0005 * 40 ** random.next();
    const [canary, primary] = [random.between(10, 2000), random.between(10, 4000)];
    const batch = {
      from: number,
      to: number + 1,
      canary: {
        total: canary,
        bad: [binomial(canary, settings.ratio * rate + settings.tolerance, random.next)],
      },
      primary: { total: primary, bad: [binomial(primary, rate, random.next)] },
    };
    state = takeBatch(state, batch, settings);
    if (state.over === true) return true;
  }
  return false;
}

it.each([
  ['conservative', {}],
  ['balanced', {}],
  ['sensitive', {}],
  ['sensitive', { ratio: 1.5 }],
] as const)(`%s %j refutes what is true at most as often as it says, seed ${fixedSeed}`, (preset, own) => {
  const settings = checkSettings('errors', preset, { warmUpMs: 0, ...own });
  const random = createRandom(fixedSeed);
  const refuted = Array.from({ length: RUNS }, () => isRefuted(settings, random)).filter(Boolean).length;
  expect(refuted / RUNS).toBeLessThanOrEqual(settings.alpha);
});
