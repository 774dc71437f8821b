/** Bare repositories for tests: commits made from plain objects of files, and questions about what a repository holds. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGit, type Git } from '../../src/git/git.ts';
import type { GitPosition, RepositoryAccess, RevertRequest } from '../../src/git/port.ts';
import type { Clock } from '../../src/runtime/port.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** A folder that is removed at the end of a `using` block. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'siskin-git-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Content of files; null removes one. A link is `{ link: target }`, a submodule `{ submodule: commit }`. */
export type Files = Readonly<
  Record<string, string | null | { readonly link: string } | { readonly submodule: string }>
>;

export interface CommitOptions {
  readonly message?: string;
  readonly branch?: string;
  /** Further parents: makes a merge commit. */
  readonly merge?: readonly string[];
  /** Where the commit stands on; the branch's head when absent. */
  readonly from?: string;
  /** Seconds since the epoch. */
  readonly time?: number;
}

/** A bare repository on disk, worked on with the system's git. */
export interface TestRepository {
  readonly folder: string;
  git(args: readonly string[], input?: string): string;
  commit(files: Files, options?: CommitOptions): string;
  head(branch?: string): string;
  /** The files at a commit with their contents. */
  files(commit?: string): Record<string, string>;
  position(path: string, commit?: string): GitPosition;
}

const environment = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'dev',
  GIT_AUTHOR_EMAIL: 'dev@example.com',
  GIT_COMMITTER_NAME: 'dev',
  GIT_COMMITTER_EMAIL: 'dev@example.com',
};

export function createRepository(folder: string): TestRepository {
  mkdirSync(folder, { recursive: true });
  const git = (args: readonly string[], input = ''): string =>
    execFileSync('git', args, {
      cwd: folder,
      env: environment,
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    }).replace(/\n$/u, '');
  git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', '.']);
  for (const [key, value] of [
    ['uploadpack.allowFilter', 'true'],
    ['uploadpack.allowAnySHA1InWant', 'true'],
    ['http.receivepack', 'true'],
    ['gc.auto', '0'],
    ['core.logAllRefUpdates', 'always'],
  ] as const) {
    git(['config', key, value]);
  }
  let clock = 1_700_000_000;
  const head = (branch = 'main'): string => git(['rev-parse', '--verify', `refs/heads/${branch}`]);
  return {
    folder,
    git,
    head,
    commit(files, options = {}) {
      const { branch = 'main', message = 'change', merge = [], from, time = clock++ } = options;
      const exists = git(['for-each-ref', `refs/heads/${branch}`]) !== '';
      const who = `dev <dev@example.com> ${time} +0000`;
      const lines = [`commit refs/heads/${branch}`, `author ${who}`, `committer ${who}`, data(message)];
      const parent = from ?? (exists ? `refs/heads/${branch}^0` : undefined);
      if (parent !== undefined) lines.push(`from ${parent}`);
      lines.push(...merge.map(commit => `merge ${commit}`));
      for (const [path, content] of Object.entries(files)) {
        if (content === null) lines.push(`D ${path}`);
        else if (typeof content === 'string') lines.push(`M 100644 inline ${path}`, data(content));
        else if ('link' in content) lines.push(`M 120000 inline ${path}`, data(content.link));
        else lines.push(`M 160000 ${content.submodule} ${path}`);
      }
      // Only a test that asks for another parent may take commits out of a branch.
      const force = from === undefined ? [] : ['--force'];
      git(['fast-import', '--quiet', '--date-format=raw', ...force], `${lines.join('\n')}\n`);
      return head(branch);
    },
    files(commit = 'refs/heads/main') {
      const found: Record<string, string> = {};
      for (const line of git(['ls-tree', '-r', '-z', commit]).split('\0')) {
        const [, type, object, path] = /^\d+ (\w+) ([0-9a-f]+)\t(.*)$/su.exec(line) ?? [];
        if (object === undefined || path === undefined) continue;
        found[path] = type === 'blob' ? git(['cat-file', 'blob', object]) : object;
      }
      return found;
    },
    position(path, commit = head()) {
      const last = git([
        'log',
        '-1',
        '--first-parent',
        '--format=%H',
        commit,
        '--',
        path === '' ? '.' : path,
      ]);
      return {
        head: commit,
        commit: last,
        tree: git(['rev-parse', path === '' ? `${commit}^{tree}` : `${commit}:${path}`]),
      };
    },
  };
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

/** A ManifestRepository that allows apps/** on main. */
export function accessTo(url: string, changes: Partial<RepositoryAccess> = {}): RepositoryAccess {
  return {
    name: 'manifests',
    url,
    branch: 'main',
    allowedPaths: ['apps/**'],
    secret: {},
    commit: { name: 'siskin', email: 'siskin@example.com' },
    limits: { revertsPerHour: 10, maxFiles: 20 },
    ...changes,
  };
}

export function revertOf(
  repository: RepositoryAccess,
  positions: { readonly good: GitPosition; readonly failed: GitPosition },
  changes: Partial<RevertRequest> = {},
): RevertRequest {
  return {
    repository,
    branch: 'main',
    path: 'apps/podinfo',
    ...positions,
    canary: { namespace: 'shop', name: 'podinfo' },
    rollbackId: '9f2c51d0a7b34e68',
    revision: '6d5f7b9c',
    reason: 'success-rate was 91.2, below 99, at weight 20.',
    decidedAt: 1_700_100_000_000,
    mode: 'Commit',
    scope: 'Paths',
    onConflict: 'Hold',
    mayPush: () => Promise.resolve({ allowed: true }),
    ...changes,
  };
}

/** The adapter's git bound to a repository on disk, without credentials. */
export function gitIn(repository: TestRepository): Git {
  return createGit({
    repository: 'manifests',
    gitDir: repository.folder,
    url: `file://${repository.folder}`,
    home: '/nonexistent',
    access: { config: [], environment: {}, redact: text => text, close: () => Promise.resolve() },
    clock: realClock,
    searchPath: process.env.PATH ?? '',
    allowFileUrls: true,
    commandTimeoutMs: 30_000,
  });
}

/** A generator of numbers in [0, 1) that repeats itself for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** As a developer would: a commit on top of the head, and again when somebody else was faster. */
export function developerPushes(
  repository: TestRepository,
  { branch, count }: { readonly branch: string; readonly count: number },
): string {
  for (;;) {
    try {
      return repository.commit({ 'apps/other/d.yaml': `image: ${branch}-${count}\n` }, { branch });
    } catch (error) {
      // fast-import compares before it locks the ref and after.
      if (!/Not updating|cannot lock ref/u.test(String(error))) throw error;
    }
  }
}
