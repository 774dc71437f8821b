/** Identifies a process beyond its PID: the kernel reuses numbers, but not a number together with its start time. */
import { readFileSync } from 'node:fs';

export type ProcessIdentity = { pid: number; startTime: string };

/** Field 22 of /proc/PID/stat; the command name before it may itself contain spaces and brackets. */
function startTimeOf(pid: number, proc: string): string | undefined {
  try {
    const stat = readFileSync(`${proc}/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** `proc` is another PID namespace's /proc when the number counts in that one. */
export function identify(pid: number, proc = '/proc'): ProcessIdentity {
  const startTime = startTimeOf(pid, proc);
  if (startTime === undefined) throw new Error(`process ${pid} ended at once`);
  return { pid, startTime };
}

export function isAlive(process: ProcessIdentity | undefined, proc = '/proc'): boolean {
  return process !== undefined && startTimeOf(process.pid, proc) === process.startTime;
}
