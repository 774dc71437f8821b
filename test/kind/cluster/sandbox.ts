/**
 * A sandbox of mount, network and PID namespaces in which a whole cluster lives: its bridges, firewall rules, mounts and
 * processes cannot touch the host's, and the kernel takes all of them away when the sandbox's first process ends.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logTail } from '../controlplane/child.ts';
import { identify, isAlive, type ProcessIdentity } from '../lib/process-identity.ts';
import { type RunOptions, type RunResult, run } from '../lib/run.ts';
import { FatalWait, waitFor } from '../lib/wait.ts';

const initScript = join(import.meta.dirname, 'sandbox-init.sh');

function orphanFile(folder: string): string {
  return join(folder, 'sandbox.json');
}

/** Ends a sandbox whose boot was cut off before the cluster's state named it. */
export async function destroyOrphan(folder: string): Promise<void> {
  if (!existsSync(orphanFile(folder))) return;
  const outer: ProcessIdentity = JSON.parse(readFileSync(orphanFile(folder), 'utf8'));
  await destroySandbox(outer);
  rmSync(orphanFile(folder), { force: true });
}

export async function createSandbox(folder: string): Promise<ProcessIdentity> {
  const readyFile = join(folder, 'sandbox.ready');
  rmSync(readyFile, { force: true });
  const logFile = join(folder, 'logs', 'sandbox.log');
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const log = openSync(logFile, 'w');
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const outer = spawn('unshare', [...namespaces, 'bash', initScript, folder], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  outer.unref();
  if (outer.pid !== undefined) writeFileSync(orphanFile(folder), JSON.stringify(identify(outer.pid)));
  let ended = false;
  outer.on('exit', () => (ended = true));
  outer.on('error', () => (ended = true));
  return waitFor(
    'the sandbox (unshare) to be ready',
    () => {
      if (ended) throw new FatalWait(`the sandbox ended at once; its log ${logFile}:\n${logTail(logFile)}`);
      readFileSync(readyFile);
      const [first] = readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8').trim().split(' ');
      return first === undefined || first === '' ? undefined : identify(Number(first));
    },
    { timeoutMs: 10_000, everyMs: 20 },
  );
}

/** Kills exactly the processes inside: the kernel ends a PID namespace with its first process. */
export async function destroySandbox(init: ProcessIdentity): Promise<void> {
  if (!isAlive(init)) return;
  process.kill(init.pid, 'SIGKILL');
  await waitFor('the sandbox to end', () => (isAlive(init) ? undefined : true), {
    timeoutMs: 20_000,
    everyMs: 50,
  });
}

function entering(init: ProcessIdentity): string[] {
  return ['--target', String(init.pid), '--mount', '--net', '--pid', '--'];
}

export function runInSandbox(
  init: ProcessIdentity,
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return run('nsenter', [...entering(init), command, ...args], options);
}

export function sandboxProc(init: ProcessIdentity): string {
  return `/proc/${init.pid}/root/proc`;
}

/** The daemon becomes a child of the sandbox's first process, so that nothing of the starting program stays behind. */
export async function startInSandbox(
  init: ProcessIdentity,
  daemon: { program: string; args: string[]; logFile: string },
): Promise<ProcessIdentity> {
  const script = 'log=$1; shift; cd /; setsid "$@" >>"$log" 2>&1 </dev/null & echo $!';
  const { stdout } = await runInSandbox(init, 'sh', [
    '-c',
    script,
    'sh',
    daemon.logFile,
    daemon.program,
    ...daemon.args,
  ]);
  return identify(Number(stdout.trim()), sandboxProc(init));
}

export async function stopInSandbox(
  init: ProcessIdentity,
  daemon: ProcessIdentity,
  graceMs: number,
): Promise<void> {
  const proc = sandboxProc(init);
  if (!isAlive(daemon, proc)) return;
  const signal = (name: string): Promise<RunResult> =>
    runInSandbox(init, 'kill', ['-s', name, String(daemon.pid)], { okCodes: [1] });
  await signal('TERM');
  const deadline = Date.now() + graceMs;
  while (isAlive(daemon, proc) && Date.now() < deadline) await sleep(50);
  if (isAlive(daemon, proc)) await signal('KILL');
}
