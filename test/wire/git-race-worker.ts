/** One replica of the race: reverts in many branches, a few at a time, and kills itself at the steps it is told. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { GitError, type RevertResult } from '../../src/git/port.ts';
import { createGitRepository } from '../../src/git/repository.ts';
import type { Clock } from '../../src/runtime/port.ts';
import { accessTo, realClock, revertOf } from './git-fixture.ts';

const position = z.object({ head: z.string(), commit: z.string(), tree: z.string() });
const task = z
  .object({
    cacheDir: z.string(),
    url: z.string(),
    /** `killAt` counts the beginnings and ends of git's commands from 0. */
    work: z.array(z.object({ branch: z.string(), killAt: z.number().optional() })),
    good: position,
    failed: position,
    atOnce: z.number(),
  })
  .parse(JSON.parse(readFileSync(0, 'utf8')));

/** Every command of git sets a deadline when it begins and takes it back when it has ended. */
function countingClock(onStep: () => void): Clock {
  return {
    now: realClock.now,
    after(ms, call) {
      onStep();
      const cancel = realClock.after(ms, call);
      return () => {
        cancel();
        onStep();
      };
    },
  };
}

async function revert(branch: string, killAt: number | undefined): Promise<RevertResult> {
  let steps = 0;
  const clock = countingClock(() => {
    if (steps++ === killAt) process.kill(process.pid, 'SIGKILL');
  });
  const access = accessTo(task.url, { branch });
  const git = createGitRepository({ cacheDir: `${task.cacheDir}/${branch}`, clock, allowFileUrls: true });
  const request = revertOf(access, task, {
    branch,
    mayPush: () => {
      tell({ branch, pushes: true });
      return Promise.resolve({ allowed: true });
    },
  });
  for (;;) {
    try {
      const result = await git.revert(request);
      tell({ branch, verdict: result.verdict, commit: result.commit, steps });
      return result;
    } catch (error) {
      if (!(error instanceof GitError && error.transient)) throw error;
    }
  }
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const queue = [...task.work];
async function lane(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift())
    await revert(next.branch, next.killAt);
}
await Promise.all(Array.from({ length: task.atOnce }, lane));
