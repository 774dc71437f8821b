import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RepositoryAccess, RevertRequest, RevertResult } from '../../src/git/port.ts';
import { createGitRepository } from '../../src/git/repository.ts';
import { accessTo, developerPushes, realClock, revertOf, seeded, temporaryFolder } from './git-fixture.ts';
import { type GitServer, startGitServer } from './git-server.ts';

const seed = Math.floor(Math.random() * 2 ** 32);
const random = seeded(seed);
const path = 'apps/podinfo';

let folder: ReturnType<typeof temporaryFolder>;
let server: GitServer;
let good: string;
let failed: string;
let trials = 0;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await startGitServer(folder.path);
  good = server.repository.commit({
    'apps/podinfo/d.yaml': 'image: v1\n',
    'apps/other/d.yaml': 'image: o1\n',
  });
  failed = server.repository.commit({ 'apps/podinfo/d.yaml': 'image: v2\n' }, { message: 'bump podinfo' });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

type KillPoint = 'fetch-refs' | 'fetch' | 'may-push' | 'push-refs' | 'push' | 'carried-out' | 'any-moment';

/** Kills a worker at one point, then lets it start again in a race with two others while developers push. */
test.each<[KillPoint, number]>([
  ['fetch-refs', 2],
  ['fetch', 2],
  ['may-push', 3],
  ['push-refs', 3],
  ['push', 3],
  ['carried-out', 3],
  ['any-moment', 4],
])(`killed at %s, %i times: one revert, nothing of others lost (seed ${seed})`, async (point, times) => {
  for (let i = 0; i < times; i++) await trial(point);
});

function cacheOf(worker: string): string {
  return join(folder.path, `cache-${worker}`);
}

async function trial(point: KillPoint): Promise<void> {
  // A branch of its own: git processes that outlive their killed parent may still push to it.
  const branch = `trial-${trials++}`;
  const about = `${branch}, killed at ${point}, seed ${seed}`;
  const { repository } = server;
  repository.git(['update-ref', '--create-reflog', `refs/heads/${branch}`, failed]);
  const positions = { good: repository.position(path, good), failed: repository.position(path, failed) };

  const worker = spawn(process.execPath, [fileURLToPath(new URL('git-worker.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(worker, 'exit');
  const kill = async (): Promise<void> => {
    worker.kill('SIGKILL');
    await ended;
  };
  worker.stdout.on('data', (chunk: Buffer) => {
    if (point === 'may-push' && chunk.toString().includes('may-push')) void kill();
  });
  server.onRequest = async (kind, login) => {
    if (login === 'token' && kind === point) await kill();
    return undefined;
  };
  server.onCarriedOut = async (kind, login) => {
    if (login === 'token' && kind === 'push' && point === 'carried-out') await kill();
  };
  worker.stdin.end(
    JSON.stringify({
      ...positions,
      cacheDir: cacheOf('killed'),
      url: server.url,
      branch,
      bearerToken: server.bearerToken,
      ca: server.ca.toString(),
      stopAtMayPush: point === 'may-push',
    }),
  );
  if (point === 'any-moment') setTimeout(() => void kill(), random() * 900);
  await ended;

  const foreign: string[] = [];
  server.onRequest = kind => {
    if ((kind === 'push' || kind === 'push-refs') && foreign.length < 3 && random() < 0.5) {
      foreign.push(developerPushes(server.repository, { branch, count: foreign.length }));
    }
    return undefined;
  };
  server.onCarriedOut = () => Promise.resolve();
  const secret = { bearerToken: Buffer.from(server.bearerToken), 'ca.crt': server.ca };
  const access: RepositoryAccess = accessTo(server.url, { branch, secret });
  const request: RevertRequest = revertOf(access, positions, { branch });
  const results: RevertResult[] = await Promise.all(
    ['killed', 'second', 'third'].map(name =>
      createGitRepository({ cacheDir: cacheOf(name), clock: realClock }).revert(request),
    ),
  );

  for (const result of results) expect(['Reverted', 'AlreadyReverted'], about).toContain(result.verdict);
  const reverts = repository.git([
    'log',
    '--format=%H',
    '--fixed-strings',
    `--grep=Rollback-Id: ${request.rollbackId}`,
    branch,
  ]);
  expect(reverts.split('\n'), about).toHaveLength(1);
  expect(new Set(results.map(result => result.commit)), about).toEqual(new Set([reverts]));
  const all = repository.git(['rev-list', branch]).split('\n');
  expect(all, about).toHaveLength(foreign.length + 3);
  for (const commit of foreign) expect(all, about).toContain(commit);
  expect(repository.files(branch)['apps/podinfo/d.yaml'], about).toBe('image: v1');
  expectOnlyFastForwards(branch, about);
}

function expectOnlyFastForwards(branch: string, about: string): void {
  const log = server.repository.git(['reflog', 'show', '--format=%H', branch]).split('\n').toReversed();
  for (const [index, commit] of log.entries()) {
    const before = log[index - 1];
    if (before === undefined) continue;
    expect(server.repository.git(['merge-base', before, commit]), about).toBe(before);
  }
}
