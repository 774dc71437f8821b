/** Loads blobs that the mirror left out: one request for all of them, where git itself would ask for each alone. */
import type { Git } from './git.ts';

/** Objects that are there already cost no request. */
export async function loadBlobs(git: Git, objects: readonly string[], timeoutMs: number): Promise<void> {
  const missing = await missingBlobs(git, objects);
  if (missing.length === 0) return;
  const filter = ['--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--filter=blob:none'];
  await git(['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', '--quiet', ...filter, '--stdin', 'origin'], {
    network: true,
    timeoutMs,
    input: `${missing.join('\n')}\n`,
  });
}

/** Asks no server: without a promisor an object that is not in the mirror is simply missing. */
async function missingBlobs(git: Git, objects: readonly string[]): Promise<string[]> {
  if (objects.length === 0) return [];
  const input = `${objects.join('\n')}\n`;
  const answer = await git(['cat-file', '--batch-check=%(objecttype)'], { input });
  const types = answer.text.split('\n');
  return objects.filter((_, index) => types[index] !== 'blob');
}
