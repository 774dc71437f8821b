/** Runs the static checks and then every tier of tests, one after another, and ends with the true total alone on a line. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Tally, tallyReport } from './tally.ts';

/** Targets of the Makefile; `make check` runs the same. */
const checks = ['check-types', 'check-lint', 'check-format', 'check-unused'] as const;
const allTiers = ['unit', 'sim', 'wire', 'control-plane', 'e2e'] as const;

/** A green check is no test and adds nothing to the total; a red one must not hide behind green tests. */
async function check(): Promise<Tally> {
  const notes: string[] = [];
  for (const target of checks) {
    if ((await run('make', ['--no-print-directory', target])) !== 0) {
      notes.push(`${target} found fault`);
    }
  }
  return { passed: 0, failed: notes.length, notes };
}

async function tier(name: string, folder: string): Promise<Tally> {
  const outputFile = join(folder, `${name}.json`);
  const exitCode = await run('vitest', [
    'run',
    `--project=${name}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${outputFile}`,
  ]);
  return tallyReport(await readReport(outputFile), exitCode);
}

async function readReport(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(command, args, { stdio: 'inherit' });
    child.once('error', error => {
      console.log(`${command}: ${error.message}`);
      resolve(127);
    });
    child.once('close', code => resolve(code ?? 1));
  });
}

function title(text: string): void {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 70 - text.length))}`);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !allTiers.some(tierName => tierName === name));
if (unknown.length > 0) {
  console.log(`no such tier: ${unknown.join(', ')}; there are ${allTiers.join(', ')}`);
  process.exit(2);
}

const rows: (Tally & { readonly name: string; readonly seconds: number })[] = [];
const folder = await mkdtemp(join(tmpdir(), 'siskin-test-'));
try {
  for (const name of [
    'check',
    ...allTiers.filter(tierName => wanted.length === 0 || wanted.includes(tierName)),
  ]) {
    title(name);
    const start = performance.now();
    const tally = name === 'check' ? await check() : await tier(name, folder);
    rows.push({ ...tally, name, seconds: Math.round((performance.now() - start) / 1000) });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

title('total');
for (const row of rows) {
  const counts = `${String(row.passed).padStart(6)} passed ${String(row.failed).padStart(4)} failed`;
  console.log(`${row.name.padEnd(14)}${counts} ${String(row.seconds).padStart(6)} s`);
  for (const note of row.notes) {
    console.log(`    ${note}`);
  }
}
const passed = rows.reduce((sum, row) => sum + row.passed, 0);
const failed = rows.reduce((sum, row) => sum + row.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
