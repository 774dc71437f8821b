/** The figures for many Canaries, in the order in which one world can give them all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { note, step } from '../kind/lib/progress.ts';
import { changeAlone, changeAtOnce } from './figures/change.ts';
import { restore } from './figures/common.ts';
import { idle } from './figures/idle.ts';
import { rollback } from './figures/rollback.ts';
import { promotions, reverts } from './figures/runs.ts';
import { start } from './figures/start.ts';
import { bundleOperator, type RunningOperator, startOperator } from './operator-process.ts';
import { type Figure, line, type Results } from './report.ts';
import type { Settings } from './settings.ts';
import { startWorld, type World } from './world.ts';

export async function measureControlPlane(settings: Settings): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-bench-'));
  const results: Results = { figures: [], missing: [] };
  let world: World | undefined;
  let operator: RunningOperator | undefined;
  try {
    const bundle = await step('bundling the operator', () => bundleOperator(folder));
    const present = (world = await startWorld(folder));
    const launch = async () => (operator = await startOperator(bundle, folder, present.operatorFlags));
    /** One that gave its lease up, because the machine was too slow to renew it, is started again, as a kubelet would. */
    const running = async () => {
      const why = operator?.ended();
      if (why !== undefined) results.missing.push({ metric: 'the operator ended by itself', why });
      return operator === undefined || why !== undefined ? launch() : operator;
    };
    const measure = async (what: string, work: (operator: RunningOperator) => Promise<Figure[]>) => {
      const used = await running();
      try {
        const figures = await step(`measuring ${what}`, () => work(used));
        for (const figure of figures) note(line(figure));
        results.figures.push(...figures);
      } catch (error) {
        results.missing.push({ metric: what, why: error instanceof Error ? error.message : String(error) });
        await running();
        // Or the next figure would measure what is left of this one.
        await restore(present, present.names).catch(() => undefined);
      }
    };
    for (const count of sizes(settings)) {
      await step(`making it ${count} Canaries`, () => populate(present, count, settings, running));
      // Memory as after a restart: not that of the crowd's arrival.
      await operator?.stop();
      await launch();
      await measure(`${count} idle Canaries`, used => idle(present, used, settings));
    }
    await measure('the start', used => start(present, used, launch, settings));
    await measure('changes alone', () => changeAlone(present, settings));
    await measure('promotions', () => promotions(present, settings));
    await measure('reverts', () => reverts(present, settings));
    await measure('changes at once', used => changeAtOnce(present, used, settings));
    // Last, because what hangs is owed for long afterwards.
    await measure('rollbacks', () => rollback(present, settings));
    for (const failure of present.failures.slice(0, 3))
      results.missing.push({ metric: 'a stand-in failed', why: failure.message });
  } finally {
    await operator?.stop();
    await world?.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return results;
}

function sizes({ canaries }: Settings): number[] {
  return [1, 100, canaries].filter((count, index, all) => count <= canaries && all.indexOf(count) === index);
}

/** A hundred at a time: the arrival of all at once is not what is measured. */
async function populate(
  world: World,
  count: number,
  settings: Settings,
  running: () => Promise<RunningOperator>,
): Promise<void> {
  while (world.names.length < count) {
    await world.grow(Math.min(count, world.names.length + 100), settings.atOnce);
    for (let attempt = 1; ; attempt += 1) {
      await running();
      try {
        await atRest(world);
        break;
      } catch (error) {
        if (attempt >= 5) throw error;
      }
    }
  }
}

async function atRest({ history, names }: World): Promise<void> {
  const options = { timeoutMs: 90_000, everyMs: 500 };
  await history.until('all at rest', names, name => history.isQuiet(name), options);
}
