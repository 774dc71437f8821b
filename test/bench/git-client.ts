/** The Git adapter in a process of its own, with the memory of that process and of everything that it starts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FailedRelease } from './stand-ins/large-repository.ts';

export interface GitClient extends AsyncDisposable {
  locate(path: string): Promise<void>;
  /** Looking at the memory takes the processors time, so either it or the time is worth something. */
  revert(release: FailedRelease, options: { readonly memory: boolean }): Promise<Cost>;
}

export interface Cost {
  readonly ms: number;
  /** Above what the process needed before. */
  readonly memoryMiB: number;
  readonly diskMiB: number;
}

export async function startGitClient(options: {
  readonly url: string;
  readonly bearerToken: string;
  readonly ca: string;
  readonly cacheDir: string;
}): Promise<GitClient> {
  const program = fileURLToPath(new URL('git-client-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question: object): Promise<{ ms: number; said: string }> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error('the process that was to be measured has ended');
    const answer: unknown = JSON.parse(value);
    if (typeof answer !== 'object' || answer === null || !('ms' in answer) || !('said' in answer))
      throw new Error('the process that is measured talks nonsense');
    return { ms: Number(answer.ms), said: String(answer.said) };
  };
  await ask(options);
  return {
    async locate(path) {
      await ask({ locate: path });
    },
    async revert(release, { memory }) {
      const pid = child.pid ?? 0;
      const idle = treeMiB(pid);
      let most = idle;
      const sampling = memory
        ? setInterval(() => {
            most = Math.max(most, treeMiB(pid));
          }, 20)
        : undefined;
      const { ms, said } = await ask({ revert: release }).finally(() => clearInterval(sampling));
      if (said !== 'Reverted') throw new Error(`the revert ended as ${said}`);
      return { ms, memoryMiB: most - idle, diskMiB: diskMiB(options.cacheDir) };
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

/** Proportional memory (proc(5), Pss) of a process and of all below it: what they share is counted once. */
function treeMiB(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const own = Number(/^Pss:\s+(\d+) kB$/mu.exec(rollup)?.[1] ?? 0) / 1_024;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return children.filter(child => child !== '').reduce((sum, child) => sum + treeMiB(Number(child)), own);
  } catch {
    // The process ended between listing and reading.
    return 0;
  }
}

function diskMiB(folder: string): number {
  let blocks = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) blocks += statSync(join(entry.parentPath, entry.name)).blocks;
  }
  return (blocks * 512) / 2 ** 20;
}
