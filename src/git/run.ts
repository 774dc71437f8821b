/** Runs one program as a process group with a deadline, output caps and nothing inherited but what is passed. */
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import type { Clock } from '../runtime/port.ts';

export interface RunOptions {
  readonly program: 'git' | 'ssh-keygen';
  readonly args: readonly string[];
  /** The whole environment of the process; nothing of ours is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Milliseconds until the process group is killed, counted from the end of its input: until then it waits for us. */
  readonly timeoutMs: number;
  /** Standard output beyond this many bytes kills the process group. */
  readonly maxOutputBytes: number;
  readonly input?: string | Buffer | AsyncIterable<string>;
  /** Becomes file descriptor 3 of the process and of its children. */
  readonly inheritedFd?: number;
  readonly signal?: AbortSignal;
}

/** How a command ended. An exit code is an answer for the caller to read, never an error by itself. */
export type RunOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: Buffer; readonly stderr: string }
  | { readonly kind: 'timeout' | 'aborted' | 'overflow'; readonly stderr: string }
  | { readonly kind: 'unstartable'; readonly why: string };

/** Enough for every message of git and of a server's hook; the end is kept because the cause stands there. */
const keptErrorBytes = 32 * 1024;

/** Runs the program with these arguments to its end. Never rejects. */
export function runProgram(options: RunOptions): Promise<RunOutcome> {
  const { program, args, environment, clock, timeoutMs, maxOutputBytes, input, inheritedFd, signal } =
    options;
  if (signal?.aborted === true) return Promise.resolve({ kind: 'aborted', stderr: '' });
  return new Promise(resolve => {
    const child = spawn(program, args, {
      // The working directory is no repository, so that nothing is discovered from it.
      cwd: '/',
      env: environment,
      // A group of its own: remote helpers, ssh and index-pack would otherwise survive the kill and hold locks.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', inheritedFd ?? 'ignore'],
    });
    let stopped: 'timeout' | 'aborted' | 'overflow' | undefined;
    const stdout: Buffer[] = [];
    let stdoutBytes = 0;
    let stderr = Buffer.alloc(0);

    const stop = (why: 'timeout' | 'aborted' | 'overflow'): void => {
      if (stopped !== undefined || child.pid === undefined) return;
      stopped = why;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group ended by itself in this moment.
      }
      // A grandchild that left the group may hold the pipes open; `close` would wait for it.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    let cancelDeadline: (() => void) | undefined;
    let ended = false;
    const startDeadline = (): void => {
      // Its process group may be another's by then.
      if (!ended) cancelDeadline = clock.after(timeoutMs, () => stop('timeout'));
    };
    const onAbort = (): void => stop('aborted');
    signal?.addEventListener('abort', onAbort, { once: true });
    const finish = (outcome: RunOutcome): void => {
      ended = true;
      cancelDeadline?.();
      signal?.removeEventListener('abort', onAbort);
      resolve(outcome);
    };

    child.stdout?.on('data', (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > maxOutputBytes) stop('overflow');
      else stdout.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = Buffer.concat([stderr, chunk]).subarray(-keptErrorBytes);
    });
    child.on('error', error => {
      if (child.pid === undefined) finish({ kind: 'unstartable', why: error.message });
    });
    child.on('close', (code, endedBy) => {
      if (stopped !== undefined) finish({ kind: stopped, stderr: stderr.toString() });
      else {
        const note = endedBy === null ? '' : `\n${program} was ended by ${endedBy}`;
        finish({
          kind: 'exited',
          code: code ?? 128,
          stdout: Buffer.concat(stdout),
          stderr: stderr.toString() + note,
        });
      }
    });
    child.stdin?.on('error', () => {
      // A command that fails early does not read its input; its exit code tells.
    });
    if (input === undefined || typeof input === 'string' || Buffer.isBuffer(input)) {
      startDeadline();
      child.stdin?.end(input ?? '');
    } else {
      const lines = Readable.from(input);
      lines.on('end', startDeadline);
      if (child.stdin !== null) lines.pipe(child.stdin);
    }
  });
}
