import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository, gitIn, seeded, temporaryFolder } from '../../test/wire/git-fixture.ts';
import { planRevert } from './plan.ts';

const environment = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

const seed = Math.floor(Math.random() * 2 ** 32);

test(`for a commit confined to the path, the planned tree is the one of git revert (seed ${seed})`, async () => {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
  using folder = temporaryFolder();
  const repository = createRepository(join(folder.path, 'r.git'));
  const git = gitIn(repository);

  const content = new Map<string, string[]>();
  const names = ['apps/a/1', 'apps/a/2', 'apps/a/sub/3', 'apps/a/4', 'apps/b/1', 'top'];
  for (const name of names)
    content.set(
      name,
      Array.from({ length: 14 }, (_, line) => `${name} ${line}`),
    );
  const text = (name: string): string | null => content.get(name)?.join('\n').concat('\n') ?? null;
  const commits = [repository.commit(Object.fromEntries(names.map(name => [name, text(name)])))];
  const confined: number[] = [];
  for (let i = 1; i <= 30; i++) {
    const inScope = random() < 0.7;
    const candidates = names.filter(name => name.startsWith('apps/a/') === inScope);
    const changed = [
      candidates[below(candidates.length)] ?? 'top',
      candidates[below(candidates.length)] ?? 'top',
    ];
    for (const name of changed) {
      const lines = content.get(name);
      if (lines === undefined) content.set(name, [`again ${i}`, `second ${i}`]);
      else if (random() < 0.12) content.delete(name);
      else if (random() < 0.2) lines.splice(below(lines.length + 1), 0, `inserted ${i}`);
      else lines[below(lines.length)] = `changed ${below(3)}`;
    }
    const head = repository.commit(Object.fromEntries(changed.map(name => [name, text(name)])));
    if (inScope) confined.push(i);
    commits.push(head);
  }

  const work = join(folder.path, 'work');
  const run = (...args: string[]): string =>
    execFileSync('git', args, { cwd: work, env: environment, encoding: 'utf8', stdio: 'pipe' }).trim();
  execFileSync('git', ['clone', '--quiet', '--no-checkout', repository.folder, work], {
    env: environment,
    stdio: 'pipe',
  });
  const seen = { clean: 0, conflict: 0, nothing: 0 };
  for (let trial = 0; trial < 40; trial++) {
    const index = confined[below(confined.length)] ?? 1;
    const failed = commits[index] ?? '';
    const good = commits[index - 1] ?? '';
    const tip = commits[index + below(Math.min(8, commits.length - index))] ?? failed;
    if (run('diff', '--name-only', good, failed) === '') continue;
    const about = `seed ${seed}: revert of commit ${index} at ${tip}`;

    run('checkout', '--quiet', '--force', '--detach', tip);
    const porcelain = spawnSync('git', ['revert', '--no-edit', '-Xno-renames', failed], {
      cwd: work,
      env: environment,
      encoding: 'utf8',
    });
    const expected = porcelain.status === 0 ? run('rev-parse', 'HEAD^{tree}') : undefined;
    const empty = porcelain.status !== 0 && run('status', '--porcelain') === '';
    spawnSync('git', ['reset', '--quiet', '--hard', tip], { cwd: work, env: environment });
    spawnSync('git', ['revert', '--quit'], { cwd: work, env: environment });

    const plan = await planRevert(git, {
      tip,
      path: 'apps/a',
      good: repository.position('apps/a', good),
      failed: repository.position('apps/a', failed),
      rollbackId: 'id',
      allowedPaths: ['apps/a/**'],
      limits: { revertsPerHour: 10, maxFiles: 20 },
      now: 0,
    });
    if (empty) {
      expect(plan.verdict, about).toBe('AlreadyReverted');
      seen.nothing++;
    } else if (expected === undefined) {
      expect(['Conflict', 'Superseded'], `${about}: ${plan.message}`).toContain(plan.verdict);
      seen.conflict++;
    } else {
      expect(plan.verdict === 'Reverted' ? plan.tree : plan.message, about).toBe(expected);
      seen.clean++;
    }
  }
  expect(seen.clean, `seed ${seed}`).toBeGreaterThan(0);
}, 600_000);
