import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { GitPosition } from '../../src/git/port.ts';
import {
  createRepository,
  developerPushes,
  seeded,
  type TestRepository,
  temporaryFolder,
} from './git-fixture.ts';

const seed = Math.floor(Math.random() * 2 ** 32);
const random = seeded(seed);
/** As many as `make race` asks for; in the tier as many as fit into a minute. */
const trials = Number(process.env['SISKIN_RACE_TRIALS'] ?? 50);
const batchSize = 25;
const replicas = ['one', 'two', 'three'] as const;
const path = 'apps/podinfo';

let folder: ReturnType<typeof temporaryFolder>;
let repository: TestRepository;
let failed: string;
let positions: { readonly good: GitPosition; readonly failed: GitPosition };
let worker: string;
/** Beginnings and ends of commands in one revert that nothing disturbs. */
let stepsOfOne: number;

const Line = z.object({
  branch: z.string(),
  pushes: z.boolean().optional(),
  verdict: z.string().optional(),
  commit: z.string().optional(),
  steps: z.number().optional(),
});
type Line = z.infer<typeof Line>;
interface Work {
  readonly branch: string;
  readonly killAt?: number;
}

beforeAll(async () => {
  folder = temporaryFolder();
  worker = join(folder.path, 'worker.mjs');
  // Some thousand processes are started from it.
  await build({
    entryPoints: [fileURLToPath(new URL('git-race-worker.ts', import.meta.url))],
    outfile: worker,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    external: ['openpgp'],
    logLevel: 'error',
  });
  repository = createRepository(join(folder.path, 'remote.git'));
  const good = repository.commit({
    'apps/podinfo/d.yaml': 'image: v1\n',
    'apps/other/d.yaml': 'image: o1\n',
  });
  failed = repository.commit({ 'apps/podinfo/d.yaml': 'image: v2\n' }, { message: 'bump podinfo' });
  positions = { good: repository.position(path, good), failed: repository.position(path, failed) };
  branchesOf(['calm']);
  await run('one', [{ branch: 'calm' }], line => {
    stepsOfOne = line.steps ?? stepsOfOne;
  });
});
afterAll(() => folder[Symbol.dispose]());

function branchesOf(branches: readonly string[]): void {
  const lines = branches.map(branch => `create refs/heads/${branch} ${failed}\n`);
  repository.git(['update-ref', '--create-reflog', '--stdin'], lines.join(''));
}

/** One life of a replica; answers whether it came to its end. */
async function run(replica: string, work: readonly Work[], onLine: (line: Line) => void): Promise<boolean> {
  const child = spawn(process.execPath, [worker], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(
    JSON.stringify({
      cacheDir: join(folder.path, 'cache', replica),
      url: `file://${repository.folder}`,
      work,
      ...positions,
      atOnce: 3,
    }),
  );
  const lines = createInterface({ input: child.stdout });
  lines.on('line', text => onLine(Line.parse(JSON.parse(text))));
  const [[code, signal]] = await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`replica ${replica} ended with ${code ?? signal}`);
  return code === 0;
}

/** Lives again and again until all its work is done. */
async function replicate(
  replica: string,
  work: readonly Work[],
  onLine: (line: Line) => void,
): Promise<number> {
  let left = [...work];
  let kills = 0;
  const done = new Set<string>();
  for (;;) {
    const ended = await run(replica, left, line => {
      if (line.verdict !== undefined) done.add(line.branch);
      onLine(line);
    });
    if (ended) return kills;
    kills++;
    // Which of the branches at work gave the signal is not known; each of them goes on without another.
    const open = left.filter(({ branch }) => !done.has(branch));
    left = open.map(({ branch, killAt }, index) =>
      index < 3 || killAt === undefined ? { branch } : { branch, killAt },
    );
  }
}

test(`${trials} trials of three replicas that are killed at every step while others push: one revert each (seed ${seed})`, async () => {
  let kills = 0;
  let foreignPushes = 0;
  for (let first = 0; first < trials; first += batchSize) {
    const branches = Array.from({ length: batchSize }, (_, i) => `trial-${first + i}`);
    branchesOf(branches);
    const foreign = new Map<string, string[]>(branches.map(branch => [branch, []]));
    const told: Line[] = [];
    const onLine = (line: Line): void => {
      told.push(line);
      const pushed = foreign.get(line.branch);
      if (line.pushes === true && pushed !== undefined && pushed.length < 3 && random() < 0.4)
        pushed.push(developerPushes(repository, { branch: line.branch, count: pushed.length }));
    };
    const deaths = await Promise.all(
      replicas.map((replica, turn) => {
        // Each replica begins elsewhere, so that all of them have their turn at being first.
        const order = branches.map((_, i) => branches[(i + turn * 8) % branches.length] ?? '');
        const work = order.map((branch, i) =>
          i % 3 === turn
            ? { branch, killAt: (Number(branch.slice('trial-'.length)) * 7 + turn) % stepsOfOne }
            : { branch },
        );
        return replicate(replica, work, onLine);
      }),
    );
    for (const died of deaths) kills += died;
    rmSync(join(folder.path, 'cache'), { recursive: true, force: true, maxRetries: 5 });
    for (const branch of branches) {
      foreignPushes += foreign.get(branch)?.length ?? 0;
      verify(
        branch,
        told.filter(line => line.branch === branch && line.verdict !== undefined),
        foreign.get(branch) ?? [],
      );
    }
  }
  console.info(
    `${trials} trials, ${kills} kills, ${foreignPushes} foreign pushes, ${stepsOfOne} steps (seed ${seed})`,
  );
  expect(kills, `seed ${seed}`).toBeGreaterThan(trials / 4);
  expect(foreignPushes, `seed ${seed}`).toBeGreaterThan(trials / 10);
}, 3_600_000);

function verify(branch: string, told: readonly Line[], foreign: readonly string[]): void {
  const about = `${branch}, seed ${seed}`;
  const format = '%H %P|%(trailers:key=Rollback-Id,valueonly,separator=%x2C)|%T';
  const log = repository
    .git(['log', `--format=${format}`, branch])
    .split('\n')
    .toReversed();
  const reverts = log.filter(line => line.split('|')[1] !== '').map(line => line.split(' ')[0]);
  expect(reverts, about).toHaveLength(1);
  for (const { verdict, commit } of told) {
    expect(['Reverted', 'AlreadyReverted'], about).toContain(verdict);
    expect(commit, about).toBe(reverts[0]);
  }
  expect(new Set(told.map(({ verdict }) => verdict)).size, about).toBeGreaterThan(0);
  const commits = log.map(line => line.split(' ')[0] ?? '');
  expect(commits, about).toHaveLength(foreign.length + 3);
  for (const commit of foreign) expect(commits, about).toContain(commit);
  // The branch is a line, so each update is a fast-forward when the places grow.
  const reflog = readFileSync(join(repository.folder, 'logs/refs/heads', branch), 'utf8')
    .trim()
    .split('\n');
  const places = reflog.map(line => commits.indexOf(line.split(' ')[1] ?? ''));
  expect(places, about).toEqual([...places].sort((a, b) => a - b));
  expect(places, about).not.toContain(-1);
  expect(repository.git(['cat-file', 'blob', `${branch}:apps/podinfo/d.yaml`]), about).toBe('image: v1');
}
