/** The operator as a process of its own, from the bundle that the image holds, with what the kernel knows about it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logTail } from '../kind/controlplane/child.ts';
import { repositoryRoot } from '../kind/lib/paths.ts';
import { run } from '../kind/lib/run.ts';
import { waitFor } from '../kind/lib/wait.ts';

/** Of the kernel's accounting in /proc; it is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface Usage {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

export interface RunningOperator {
  /** Just before the process was started. */
  readonly startedAt: number;
  usage(): Usage;
  /** Why it ended by itself, as its log tells; undefined while it runs. */
  ended(): string | undefined;
  /** SIGTERM, as a node drain does it; the lease is handed over. */
  stop(): Promise<void>;
}

/** Bundles once; the copy is this run's own, whoever bundles after it. */
export async function bundleOperator(folder: string): Promise<string> {
  await run(process.execPath, [join(repositoryRoot, 'scripts', 'build.ts')], { cwd: repositoryRoot });
  const file = join(folder, 'main.js');
  copyFileSync(join(repositoryRoot, 'dist', 'main.js'), file);
  return file;
}

export async function startOperator(
  bundle: string,
  folder: string,
  flags: readonly string[],
): Promise<RunningOperator> {
  mkdirSync(join(folder, 'cache'), { recursive: true });
  const logFile = join(folder, 'operator.log');
  const log = openSync(logFile, 'w');
  const startedAt = Date.now();
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, bundle, ...flags], {
    // Nothing of the machine's proxies and authorities: they are no part of what is measured.
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, NODE_ENV: 'production' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  await waitFor('the operator to fill its caches', () => {
    if (child.exitCode !== null) throw new Error(`the operator ended:\n${logTail(logFile)}`);
    return readFileSync(logFile, 'utf8').includes('caches are filled') ? true : undefined;
  });
  return {
    startedAt,
    usage: () => usageOf(child),
    ended: () => (child.exitCode === null ? undefined : logTail(logFile, 3)),
    stop: () => stop(child),
  };
}

function usageOf({ pid }: ChildProcess): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]);
  // The second field, the command in parentheses, may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /su, '')
    .split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { atMs: Date.now(), cpuSeconds: ticks / ticksPerSecond, residentMiB: kibibytes / 1_024 };
}

/** Percent of one core between two readings. */
export function cpuPercent(from: Usage, to: Usage): number {
  return (100_000 * (to.cpuSeconds - from.cpuSeconds)) / (to.atMs - from.atMs);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise(resolve => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  await ended;
}
