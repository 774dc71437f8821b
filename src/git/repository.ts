/** The Git port over the git command line: validates, opens credentials and mirror, and heals a damaged mirror once. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/port.ts';
import { openAccess } from './credentials.ts';
import { commitFiles } from './files.ts';
import { createGit, type Git } from './git.ts';
import { commitOnBranch, locatePath } from './locate.ts';
import { discardMirror, fetchBranch, mirrorFolder, openMirror } from './mirror.ts';
import { createMutex } from './mutex.ts';
import { GitError, type GitRepository, type RepositoryAccess } from './port.ts';
import { promoteVersion } from './promote.ts';
import { checkPlace, checkPromotion, checkRequest } from './request.ts';
import { revertFailedChange } from './revert.ts';
import { type Signer, signerFor } from './sign.ts';
import type { RemoteUrl } from './validate.ts';

export interface GitRepositoryDependencies {
  /** A writable folder which no other process uses; everything in it can be lost. */
  readonly cacheDir: string;
  readonly clock: Clock;
  readonly log?: { warn(fields: Readonly<Record<string, unknown>>, message: string): void };
  /** Ends running commands when the operator shuts down. */
  readonly signal?: AbortSignal;
  /** A number in [0, 1), for jitter. `Math.random` when absent. */
  readonly random?: () => number;
  /** PATH on which git and ssh are found. */
  readonly searchPath?: string;
  /** Only for tests: reads and writes repositories on this machine. */
  readonly allowFileUrls?: boolean;
  readonly limits?: {
    /** Milliseconds for one command of git; a fetch has five times as long. 60 s when absent. */
    readonly commandTimeoutMs?: number;
    /** A mirror larger than this is made anew. 1 GiB when absent. */
    readonly mirrorBytes?: number;
  };
}

export function createGitRepository(dependencies: GitRepositoryDependencies): GitRepository {
  const { cacheDir, clock, log, signal, allowFileUrls = false } = dependencies;
  const commandTimeoutMs = dependencies.limits?.commandTimeoutMs ?? 60_000;
  const fetchTimeoutMs = commandTimeoutMs * 5;
  const searchPath = dependencies.searchPath ?? '/usr/local/bin:/usr/bin:/bin';
  const exclusively = createMutex();
  const workRoot = join(cacheDir, 'work');
  // A process that was killed may have left an SSH key here.
  const swept = exclusively('sweep', () => rm(workRoot, { recursive: true, force: true }));
  swept.catch(() => {
    // Reported by the first call, which waits for it.
  });

  async function withGit<T>(
    repository: RepositoryAccess,
    branch: string,
    remote: RemoteUrl,
    operation: (git: Git, sign: Signer | undefined) => Promise<T>,
  ): Promise<T> {
    await swept;
    await mkdir(workRoot, { recursive: true, mode: 0o700 });
    const workDir = await mkdtemp(join(workRoot, `${randomUUID()}-`));
    try {
      const home = join(workDir, 'home');
      await mkdir(home, { mode: 0o700 });
      await using access = asDisposable(await openAccess(repository, remote, workDir));
      const gitDir = mirrorFolder(cacheDir, remote.href, branch);
      const git = createGit({
        repository: repository.name,
        gitDir,
        url: remote.href,
        home,
        access,
        clock,
        searchPath,
        allowFileUrls,
        commandTimeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
      const sign = signerFor(repository, {
        workDir,
        clock,
        searchPath,
        timeoutMs: commandTimeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
      await openMirror(gitDir, dependencies.limits?.mirrorBytes ?? 1024 ** 3);
      try {
        return await operation(git, sign);
      } catch (error) {
        // Whatever git cannot explain may be damage on our disk; a fresh mirror tells the two apart.
        if (!(error instanceof GitError && error.code === 'GitFailed')) throw error;
        log?.warn(
          { repository: repository.name, error: error.message },
          'git failed; the mirror is made anew',
        );
        await discardMirror(gitDir);
        await openMirror(gitDir, Number.POSITIVE_INFINITY);
        return await operation(git, sign);
      }
    } finally {
      await rm(workDir, { recursive: true, force: true });
    }
  }

  return {
    async locate(repository, at) {
      const { remote, path } = checkPlace(repository, at, allowFileUrls);
      return exclusively(mirrorFolder(cacheDir, remote.href, at.branch), () =>
        withGit(repository, at.branch, remote, async git => {
          const tip = await fetchBranch(git, at.branch, fetchTimeoutMs);
          return locatePath(git, { ...at, repository: repository.name, tip, path });
        }),
      );
    },

    async browse(repository, at, use) {
      const { remote } = checkPlace(repository, { ...at, path: '' }, allowFileUrls);
      return exclusively(mirrorFolder(cacheDir, remote.href, at.branch), () =>
        withGit(repository, at.branch, remote, async git => {
          const tip = await fetchBranch(git, at.branch, fetchTimeoutMs);
          const commit = await commitOnBranch(git, { ...at, repository: repository.name, tip });
          return use(commitFiles(git, commit, fetchTimeoutMs));
        }),
      );
    },

    async revert(request) {
      const { repository, branch } = request;
      const { remote, path } = checkRequest(request, allowFileUrls);
      return exclusively(mirrorFolder(cacheDir, remote.href, branch), () =>
        withGit(repository, branch, remote, (git, sign) =>
          revertFailedChange(
            {
              git,
              clock,
              random: dependencies.random ?? Math.random,
              fetchTimeoutMs,
              pushTimeoutMs: commandTimeoutMs,
              sign,
            },
            { ...request, path },
          ),
        ),
      );
    },

    async promote(asked) {
      const { remote, request } = checkPromotion(asked, allowFileUrls);
      const { repository, branch } = request;
      return exclusively(mirrorFolder(cacheDir, remote.href, branch), () =>
        withGit(repository, branch, remote, (git, sign) => {
          const random = dependencies.random ?? Math.random;
          const limits = { fetchTimeoutMs, pushTimeoutMs: commandTimeoutMs };
          return promoteVersion({ git, clock, random, sign, ...limits }, request);
        }),
      );
    },
  };
}

function asDisposable<T extends { close(): Promise<void> }>(resource: T): T & AsyncDisposable {
  return { ...resource, [Symbol.asyncDispose]: () => resource.close() };
}
