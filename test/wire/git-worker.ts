/** A process that makes one revert, to be killed by a test: reads what to do from standard input, tells of its steps on standard output. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { createGitRepository } from '../../src/git/repository.ts';
import { accessTo, realClock, revertOf } from './git-fixture.ts';

const position = z.object({ head: z.string(), commit: z.string(), tree: z.string() });
const task = z
  .object({
    cacheDir: z.string(),
    url: z.string(),
    branch: z.string(),
    bearerToken: z.string(),
    ca: z.string(),
    good: position,
    failed: position,
    /** Stop for ever when asked whether to push. */
    stopAtMayPush: z.boolean(),
  })
  .parse(JSON.parse(readFileSync(0, 'utf8')));

const access = accessTo(task.url, {
  branch: task.branch,
  secret: { bearerToken: Buffer.from(task.bearerToken), 'ca.crt': Buffer.from(task.ca) },
});
const result = await createGitRepository({ cacheDir: task.cacheDir, clock: realClock }).revert(
  revertOf(access, task, {
    branch: task.branch,
    mayPush: async () => {
      process.stdout.write('may-push\n');
      // A timer, since a promise that nothing will settle does not keep a process alive.
      if (task.stopAtMayPush) {
        await new Promise(resolve => {
          setTimeout(resolve, 600_000);
        });
      }
      return { allowed: true };
    },
  }),
);
process.stdout.write(`${result.verdict}\n`);
