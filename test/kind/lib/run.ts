/** Runs a command to its end with a time limit; a failure names the command and shows the end of what it said. */
import { spawn } from 'node:child_process';

export type RunOptions = {
  input?: string | Uint8Array;
  cwd?: string;
  env?: Record<string, string>;
  timeoutMs?: number;
  /** Exit codes besides 0 which are an answer, not a failure. */
  okCodes?: number[];
};

export type RunResult = { code: number; stdout: string; stderr: string };

class CommandError extends Error {
  readonly code: number;
  readonly stderr: string;

  constructor(what: string, code: number, output: string) {
    const tail = output.trimEnd().split('\n').slice(-25).join('\n');
    super(`${what}${tail === '' ? '' : `\n${tail}`}`);
    this.name = 'CommandError';
    this.code = code;
    this.stderr = output;
  }
}

function shown(command: string, args: string[]): string {
  const line = [command, ...args].join(' ');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

export function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const { input, cwd, env, timeoutMs = 60_000, okCodes = [] } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
      // What the command started may live on and hold these pipes, and the end would never come.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', error => {
      clearTimeout(timer);
      reject(new CommandError(`cannot run ${command}: ${error.message}`, -1, ''));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const result = {
        code: code ?? -1,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      };
      if (timedOut) {
        reject(
          new CommandError(
            `${shown(command, args)}: not finished after ${timeoutMs / 1000} s`,
            -1,
            result.stderr,
          ),
        );
      } else if (result.code === 0 || okCodes.includes(result.code)) {
        resolve(result);
      } else {
        const end = signal === null ? `exit code ${result.code}` : `signal ${signal}`;
        reject(
          new CommandError(`${shown(command, args)}: ${end}`, result.code, result.stderr || result.stdout),
        );
      }
    });
    child.stdin.on('error', () => {}); // a command that does not read its input closes the pipe early
    child.stdin.end(input ?? '');
  });
}
