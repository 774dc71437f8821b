/** The program of git-client.ts: answers questions on standard input with how long the adapter took. */
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { createGitRepository } from '../../src/git/repository.ts';
import { accessTo, realClock, revertOf } from '../wire/git-fixture.ts';

const position = z.object({ head: z.string(), commit: z.string(), tree: z.string() });
const Options = z.object({ url: z.string(), bearerToken: z.string(), ca: z.string(), cacheDir: z.string() });
const Question = z.object({
  locate: z.string().optional(),
  revert: z.object({ path: z.string(), good: position, failed: position }).optional(),
});

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { url, bearerToken, ca, cacheDir } = Options.parse(JSON.parse(String((await lines.next()).value)));
const access = accessTo(url, {
  secret: { bearerToken: Buffer.from(bearerToken), 'ca.crt': Buffer.from(ca) },
  limits: { revertsPerHour: 1_000, maxFiles: 20 },
});
const git = createGitRepository({ cacheDir, clock: realClock });
answer(0, 'Ready');

for await (const text of { [Symbol.asyncIterator]: () => lines }) {
  const { locate, revert } = Question.parse(JSON.parse(text));
  const began = performance.now();
  let said = 'Located';
  if (locate !== undefined) await git.locate(access, { branch: 'main', path: locate });
  if (revert !== undefined) {
    const { path, good, failed } = revert;
    const rollbackId = `bench-${failed.commit.slice(0, 12)}`;
    said = (await git.revert(revertOf(access, { good, failed }, { path, rollbackId, decidedAt: Date.now() })))
      .verdict;
  }
  answer(performance.now() - began, said);
}

function answer(ms: number, said: string): void {
  process.stdout.write(`${JSON.stringify({ ms, said })}\n`);
}
