import { describe, expect, it } from 'vitest';
import { gather, logEvidence, noEvidence } from './evidence.ts';
import vectors from './vectors.test-data.json' with { type: 'json' };
import { expectClose } from './vectors.test-tool.ts';

type Sequence = (typeof vectors.evidence)[number];

/** Every state of the evidence over the sequence's batches. */
function runThrough({ batches, repeat, before, mode, grid, ratio, tolerance, capped, dispersion }: Sequence) {
  const rows = Array.from({ length: repeat }, () => batches).flat();
  const channel = {
    grid: { mode: mode === 'gap' ? ('gap' as const) : ('odds' as const), values: grid },
    ratio,
    tolerance,
    cap: capped ? Math.log(20) : Number.POSITIVE_INFINITY,
  };
  let known = before;
  let evidence = noEvidence;
  return rows.map(([canaryTotal = 0, canaryBad = 0, primaryTotal = 0, primaryBad = 0]) => {
    const primary = { total: primaryTotal, bad: primaryBad };
    const guess = (known.bad + 0.5) / (known.total + 1);
    const trial = { canary: { total: canaryTotal, bad: canaryBad }, primary, guess, dispersion };
    known = { total: known.total + primaryTotal, bad: known.bad + primaryBad };
    evidence = gather(evidence, [trial], channel);
    return evidence;
  });
}

describe('evidence', () => {
  it.each(vectors.evidence)('agrees with $name', sequence => {
    const states = runThrough(sequence);
    expect(states).toHaveLength(sequence.logE.length);
    for (const [index, state] of states.entries()) expectClose(logEvidence(state), sequence.logE[index] ?? 0);
    const last = states.at(-1) ?? noEvidence;
    const peak = Math.max(0, ...states.map(logEvidence));
    expectClose(Math.exp(-peak), sequence.p);
    for (const [index, value] of (sequence.capital ?? []).entries()) {
      expectClose(last.capital[index] ?? 0, value);
    }
  });

  it('finds a regression that begins after the horizon', () => {
    const channel = {
      grid: { mode: 'odds' as const, values: [1.5, 3, 8, 25] },
      ratio: 1,
      tolerance: 0.001,
      cap: Math.log(20),
    };
    let evidence = noEvidence;
    const seen = Array.from({ length: 84 }, (_, index) => {
      const before = { total: 60_000 + index * 1425, bad: 60 + index };
      const canary = { total: 75, bad: index < 80 ? 0 : 6 };
      const guess = (before.bad + 0.5) / (before.total + 1);
      evidence = gather(
        evidence,
        [{ canary, primary: { total: 1425, bad: 1 }, guess, dispersion: 0 }],
        channel,
      );
      return logEvidence(evidence);
    });
    expectClose(seen[59] ?? 0, -1.9709385484437909);
    expectClose(seen[79] ?? 0, -2.418667111773372);
    for (const step of [1, 2, 3, 4]) expectClose(seen[79 + step] ?? 0, step * Math.log(20));
  });
});
