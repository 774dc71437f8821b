import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

const histories = 120;
const commitsEach = 10;
const names = ['apps/a/1', 'apps/a/2', 'apps/a/sub/3', 'apps/a/4', 'apps/b/1', 'top'];
const seed = Math.floor(Math.random() * 2 ** 32);

interface Made {
  /** Marks of the main line's commits, oldest first. */
  readonly marks: readonly number[];
  /** Indices of those whose change is confined to apps/a. */
  readonly confined: readonly number[];
}

/** Random histories as one stream for git-fast-import(1): edits, additions, removals, and merges of side branches. */
class Stream {
  readonly lines: string[] = [];
  private marks = 0;
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  private below(n: number): number {
    return Math.floor(this.random() * n);
  }

  history(branch: string): Made {
    const content = new Map<string, string[]>();
    for (const name of names)
      content.set(
        name,
        Array.from({ length: 14 }, (_, line) => `${name} ${line}`),
      );
    const marks = [this.commit(branch, undefined, content, names)];
    const confined: number[] = [];
    for (let i = 1; i <= commitsEach; i++) {
      const inScope = this.random() < 0.7;
      const candidates = names.filter(name => name.startsWith('apps/a/') === inScope);
      const changed = [1, 2].map(() => candidates[this.below(candidates.length)] ?? 'top');
      for (const name of changed) this.edit(content, name, i);
      const parent = marks.at(-1) ?? 0;
      // What a side branch brings in is the merge's own change, as seen from the main line.
      const side = this.random() < 0.2 ? this.commit(`${branch}-side`, parent, content, changed) : undefined;
      if (inScope && side === undefined) confined.push(i);
      marks.push(this.commit(branch, parent, content, changed, side));
    }
    return { marks, confined };
  }

  private edit(content: Map<string, string[]>, name: string, i: number): void {
    const lines = content.get(name);
    if (lines === undefined) content.set(name, [`again ${i}`, `second ${i}`]);
    else if (this.random() < 0.12) content.delete(name);
    else if (this.random() < 0.2) lines.splice(this.below(lines.length + 1), 0, `inserted ${i}`);
    else lines[this.below(lines.length)] = `changed ${this.below(3)}`;
  }

  private commit(
    branch: string,
    parent: number | undefined,
    content: ReadonlyMap<string, readonly string[]>,
    changed: readonly string[],
    merged?: number,
  ): number {
    const mark = ++this.marks;
    const who = `a <a@example.com> ${1_700_000_000 + mark} +0000`;
    this.lines.push(`commit refs/heads/${branch}`, `mark :${mark}`, `committer ${who}`, 'data 1', 'x');
    if (parent !== undefined) this.lines.push(`from :${parent}`);
    if (merged !== undefined) this.lines.push(`merge :${merged}`);
    for (const name of new Set(changed)) {
      const text = content.get(name)?.join('\n').concat('\n');
      if (text === undefined) this.lines.push(`D ${name}`);
      else this.lines.push(`M 100644 inline ${name}`, `data ${text.length}`, text);
    }
    return mark;
  }
}

test(`for one commit confined to the path, the planned tree is the one of git revert, and so are conflicts (seed ${seed})`, async () => {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
  using folder = temporaryFolder();
  const repository = createRepository(join(folder.path, 'r.git'));
  const git = gitIn(repository);
  const stream = new Stream(random);
  const made = Array.from({ length: histories }, (_, n) => stream.history(`h${n}`));
  const marksFile = join(folder.path, 'marks');
  const importing = ['fast-import', '--quiet', '--force', '--date-format=raw', `--export-marks=${marksFile}`];
  repository.git(importing, `${stream.lines.join('\n')}\n`);
  const objects = new Map(
    readFileSync(marksFile, 'utf8')
      .trim()
      .split('\n')
      .map(line => [Number(line.slice(1).split(' ')[0]), line.split(' ')[1] ?? '']),
  );

  const work = join(folder.path, 'work');
  const run = (...args: string[]): string =>
    execFileSync('git', args, { cwd: work, env: environment, encoding: 'utf8', stdio: 'pipe' }).trim();
  execFileSync('git', ['clone', '--quiet', '--no-checkout', repository.folder, work], {
    env: environment,
    stdio: 'pipe',
  });
  const seen = { clean: 0, conflict: 0, nothing: 0 };
  for (const [n, { marks, confined }] of made.entries()) {
    const commit = (index: number): string => objects.get(marks[index] ?? 0) ?? '';
    const index = confined[below(confined.length)];
    if (index === undefined) continue;
    const failed = commit(index);
    const good = commit(index - 1);
    const tip = commit(index + below(commitsEach - index + 1));
    const about = `seed ${seed}: history ${n}, revert of commit ${index} at ${tip}`;

    run('checkout', '--quiet', '--force', '--detach', tip);
    const porcelain = spawnSync('git', ['revert', '--no-edit', '-Xno-renames', failed], {
      cwd: work,
      env: environment,
      encoding: 'utf8',
    });
    const expected = porcelain.status === 0 ? run('rev-parse', 'HEAD^{tree}') : undefined;
    const empty = porcelain.status !== 0 && run('status', '--porcelain') === '';
    const conflicts = run('diff', '--name-only', '--diff-filter=U').split('\n');
    spawnSync('git', ['reset', '--quiet', '--hard', tip], { cwd: work, env: environment });
    spawnSync('git', ['revert', '--quit'], { cwd: work, env: environment });

    const plan = await planRevert(git, {
      tip,
      path: 'apps/a',
      good: repository.position('apps/a', good),
      failed: repository.position('apps/a', failed),
      scope: random() < 0.5 ? 'Paths' : 'Commit',
      onConflict: 'Hold',
      rollbackId: 'id',
      allowedPaths: ['apps/a/**'],
      limits: { revertsPerHour: 10, maxFiles: 20 },
      now: 0,
    });
    if (good === failed || run('diff', '--name-only', good, failed) === '') {
      expect(plan.verdict, about).toBe('NotCausedByGit');
    } else if (empty) {
      expect(plan.verdict, about).toBe('AlreadyReverted');
      seen.nothing++;
    } else if (expected === undefined) {
      expect(['Conflict', 'Superseded'], `${about}: ${plan.message}`).toContain(plan.verdict);
      for (const file of conflicts) expect(plan.files, about).toContain(file);
      seen.conflict++;
    } else {
      expect(plan.verdict === 'Reverted' ? plan.tree : plan.message, about).toBe(expected);
      seen.clean++;
    }
  }
  expect(seen.clean, `seed ${seed}`).toBeGreaterThan(30);
  expect(seen.clean + seen.conflict + seen.nothing, `seed ${seed}`).toBeGreaterThanOrEqual(100);
}, 600_000);
