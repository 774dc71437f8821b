/** A daemon that lives as long as the process which started it, and writes to a log file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type ChildDaemon = { name: string; logFile: string; process: ChildProcess };

export function logTail(logFile: string, lines = 15): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

/** The kernel ends the daemon with its parent (setpriv --pdeathsig), so that a killed test run leaves nothing behind. */
export function startChild(program: string, args: string[], logFile: string): ChildDaemon {
  const log = openSync(logFile, 'w');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { stdio: ['ignore', log, log] });
  closeSync(log);
  child.on('error', () => {}); // seen as an exit by failIfEnded
  return { name: basename(program), logFile, process: child };
}

export function hasEnded({ process }: ChildDaemon): boolean {
  return process.exitCode !== null || process.signalCode !== null || process.pid === undefined;
}

export async function stopChild(daemon: ChildDaemon): Promise<void> {
  if (hasEnded(daemon)) return;
  const ended = new Promise<void>(resolve => daemon.process.once('exit', () => resolve()));
  daemon.process.kill('SIGTERM');
  await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
  if (hasEnded(daemon)) return;
  daemon.process.kill('SIGKILL');
  await ended;
}
