/** `make sim-analysis`: plays the whole simulation and writes docs/analysis-simulation.md with its pictures. `SEED` and `RELEASES` change the run. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { startCheck } from '../../src/core/analysis/check.ts';
import { judgeBatch } from '../../src/core/analysis/judgement.ts';
import { checkSettings } from '../../src/core/analysis/settings.ts';
import { boundsOf } from './bounds.ts';
import { siskinWithBudget } from './cell.ts';
import { pagesOf } from './page.ts';
import { playTables } from './tables.ts';

const seed = Number(process.env['SEED'] ?? 20_261_121);
const releases = Number(process.env['RELEASES'] ?? 1000);
const docs = join(import.meta.dirname, '..', '..', 'docs');

/** Microseconds of processor time of one batch of one check, in the median of rounds. */
function measureUpdate(): number {
  const settings = checkSettings('errors', 'balanced', { warmUpMs: 0 });
  const history = Array.from({ length: 240 }, () => ({ total: 1500, bad: [1.5] }));
  const rounds = Array.from({ length: 21 }, () => {
    let state = startCheck(history, 0, settings);
    const begun = process.cpuUsage();
    for (let number = 0; number < 2000; number += 1) {
      const batch = {
        from: number,
        to: number + 1,
        canary: { total: 150, bad: [number % 7 === 0 ? 1 : 0] },
        primary: { total: 1350, bad: [1] },
      };
      state = judgeBatch(state, batch, settings).state;
    }
    return process.cpuUsage(begun).user / 2000;
  });
  return rounds.toSorted((a, b) => a - b)[10] ?? 0;
}

console.log(`seed ${seed}, ${releases} releases per cell`);
const updateMicroseconds = measureUpdate();
console.log(`one update: ${updateMicroseconds.toFixed(1)} µs`);
const tables = playTables(releases, seed, ({ name, requestsPerSecond, cells }) => {
  const figures = cells.map(cell => `${cell.rolledBack}/${cell.releases} ${cell.meanFailed.toFixed(1)}`);
  console.log(`${name}, ${requestsPerSecond}/s: ${figures.join(', ')}`);
});
const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
for (const [path, content] of pagesOf({ tables, releases, seed, updateMicroseconds, processor })) {
  const file = join(docs, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}
for (const { what, most, measured, format } of boundsOf(tables, siskinWithBudget)) {
  console.log(`${what}: ${format(measured)}${measured > most ? `, MISSED ${format(most)}` : ''}`);
}
