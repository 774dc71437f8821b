/** A lock between processes that the kernel gives back when its holder dies, so that none is ever left behind. */
import { spawn } from 'node:child_process';
import { note } from './progress.ts';

export async function withLock<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo locked; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = setTimeout(() => note(`waiting for another process: ${what} (lock ${path})`), 1_000);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('error', error =>
        reject(new Error(`flock (package util-linux) is needed: ${error.message}`)),
      );
      holder.once('exit', code => reject(new Error(`cannot lock ${path}: flock ended with ${code}`)));
    });
  } finally {
    clearTimeout(waiting);
  }
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}
