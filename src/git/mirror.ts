/** The disposable copy of one branch: bare, without blobs, made anew whenever it is damaged or has grown too large. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './git.ts';
import { GitError } from './port.ts';

/** The branch as it was fetched last. Outside of refs/heads, so that no name of a branch can collide with it. */
const headRef = 'refs/siskin/head';
/** A branch of ours, as it was fetched last. */
const ownRef = 'refs/siskin/own';

/** Fetches never repack (`gc.auto=0`); beyond this many files each look-up would walk through too many packs. */
const mostFiles = 20_000;

/** The folder of a mirror. Credentials are no part of the key: every use begins with a fetch, which the server checks. */
export function mirrorFolder(cacheDir: string, url: string, branch: string): string {
  const key = createHash('sha256').update(`${url}\n${branch}`).digest('hex').slice(0, 32);
  return join(cacheDir, 'mirrors', `${key}.git`);
}

/** Makes an empty mirror where none is, and removes the locks that a killed process left. */
export async function openMirror(gitDir: string, maxBytes: number): Promise<void> {
  const files = await listFiles(gitDir);
  if (files.length > mostFiles || files.reduce((sum, file) => sum + file.bytes, 0) > maxBytes) {
    await discardMirror(gitDir);
  } else {
    // Nobody else works in it: the cache belongs to one process, which works on a mirror once at a time.
    const stale = files.filter(file => /\.lock$|(^|\/)tmp_[^/]*$|(^|\/)\.tmp-[^/]*$/u.test(file.path));
    for (const file of stale) await rm(file.path, { force: true });
  }
  // The least that git takes for a repository (gitrepository-layout(5)); a template could bring hooks.
  for (const folder of ['objects', 'refs'])
    await mkdir(join(gitDir, folder), { recursive: true, mode: 0o700 });
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
  // No remote and no promisor in here: who may reach the server is said for each command alone (git.ts).
  await writeFile(join(gitDir, 'config'), '[core]\n\trepositoryformatversion = 1\n\tbare = true\n');
}

/** Brings the mirror to the branch's head on the server, without blobs (the filter of git.ts), and answers that commit. */
export async function fetchBranch(git: Git, branch: string, timeoutMs: number): Promise<string> {
  return fetchInto(git, headRef, branch, timeoutMs);
}

/** The head of another branch of the same repository; undefined where it does not exist. */
export async function fetchIfThere(git: Git, branch: string, timeoutMs: number): Promise<string | undefined> {
  try {
    return await fetchInto(git, ownRef, branch, timeoutMs);
  } catch (error) {
    if (error instanceof GitError && error.code === 'BranchMissing') return undefined;
    throw error;
  }
}

async function fetchInto(git: Git, ref: string, branch: string, timeoutMs: number): Promise<string> {
  await git(
    [
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--no-recurse-submodules',
      '--end-of-options',
      'origin',
      `+refs/heads/${branch}:${ref}`,
    ],
    { network: true, timeoutMs },
  );
  return (await git(['rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`])).text;
}

export async function discardMirror(gitDir: string): Promise<void> {
  await rm(gitDir, { recursive: true, force: true, maxRetries: 3 });
}

async function listFiles(folder: string): Promise<{ path: string; bytes: number }[]> {
  const found: { path: string; bytes: number }[] = [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined) found.push({ path, bytes: info.size });
  }
  return found;
}
