/** The figures for a revert in a large repository that is far away: time, memory and disk of the Git adapter in a process of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { note, step } from '../kind/lib/progress.ts';
import { startGitServer } from '../wire/git-server.ts';
import { startGitClient } from './git-client.ts';
import { type Figure, line, type Results } from './report.ts';
import type { Settings } from './settings.ts';
import { startDelay } from './stand-ins/delay.ts';
import { type LargeRepository, makeLargeRepository } from './stand-ins/large-repository.ts';

const roundTripMs = 60;

export async function measureGit({ alone, largeRepository }: Settings): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-bench-git-'));
  await using server = await startGitServer(folder);
  await using delay = await startDelay(Number(new URL(server.url).port), roundTripMs);
  const results: Results = { figures: [], missing: [] };
  try {
    const large = await step(
      `making a repository of ${largeRepository.manifests} manifests and ${largeRepository.commits} commits`,
      async () => makeLargeRepository(server.repository, largeRepository),
    );
    const url = server.url.replace(/:\d+\//u, `:${delay.port}/`);
    const login = { url, bearerToken: server.bearerToken, ca: server.ca.toString() };
    const about = `${largeRepository.manifests} manifests, ${largeRepository.commits} commits, ${roundTripMs} ms round trip`;
    const cold = await step('measuring reverts with an empty cache', () =>
      repeat(alone, large, join(folder, 'cold'), login, { warm: false }),
    );
    const warm = await step('measuring reverts with a filled cache', () =>
      repeat(alone, large, join(folder, 'warm'), login, { warm: true }),
    );
    const figures: Figure[] = [
      figure(`Git: verdict -> revert on the remote, empty cache; ${about}`, 'ms', cold.ms, '2000 (p95)'),
      figure('Git: the same, cache filled at the start of the run', 'ms', warm.ms, '1000 (p95)'),
      figure(
        'Git: memory above idle while it reverts (adapter and all git processes)',
        'MiB',
        [...cold.memoryMiB, ...warm.memoryMiB],
        '64 (max)',
      ),
      figure('Git: disk of the cache', 'MiB', warm.diskMiB, '30 (max)'),
    ];
    for (const made of figures) note(line(made));
    results.figures.push(...figures);
  } catch (error) {
    results.missing.push({ metric: 'Git', why: error instanceof Error ? error.message : String(error) });
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return results;
}

function figure(metric: string, unit: string, values: readonly number[], goal: string): Figure {
  return { metric, unit, values, goal };
}

interface Measured {
  readonly ms: number[];
  readonly memoryMiB: number[];
  readonly diskMiB: number[];
}

/** Each time another application is released and fails, and others commit in between. Every fourth revert is looked at for its memory. */
async function repeat(
  times: number,
  repository: LargeRepository,
  cacheDir: string,
  login: { readonly url: string; readonly bearerToken: string; readonly ca: string },
  { warm }: { readonly warm: boolean },
): Promise<Measured> {
  const measured: Measured = { ms: [], memoryMiB: [], diskMiB: [] };
  // An operator runs for long; only its cache may be empty.
  await using client = await startGitClient({ ...login, cacheDir });
  const last = Math.ceil((times * 4) / 3);
  for (let time = 0; time <= last; time += 1) {
    const release = repository.release(time * 2 + (warm ? 1 : 0));
    // The run's own look at the repository, when it began.
    if (warm) await client.locate(release.path);
    else rmSync(join(cacheDir, 'mirrors'), { recursive: true, force: true });
    repository.commitElsewhere();
    const memory = time % 4 === 3;
    const cost = await client.revert(release, { memory });
    // The first one's code is not compiled yet.
    if (time === 0) continue;
    if (memory) measured.memoryMiB.push(cost.memoryMiB);
    else measured.ms.push(cost.ms);
    measured.diskMiB.push(cost.diskMiB);
  }
  return measured;
}
