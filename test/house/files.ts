/** The repository's own tracked files, for the tests of its house rules. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Paths relative to the root, as git knows them; files deleted but not yet committed are left out. */
export function trackedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  return listed.split('\0').filter(path => path !== '' && existsSync(root + path));
}

/** Text of a tracked file; undefined for a binary one. */
export function textOf(path: string): string | undefined {
  const text = readFileSync(root + path, 'utf8');
  return text.includes('\0') ? undefined : text;
}

export function isTest(path: string): boolean {
  return /\.(?:test|e2e)\.ts$/u.test(path);
}

/** `path:line: text` of every line that matches. */
export function linesMatching(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap(path =>
    (textOf(path) ?? '')
      .split('\n')
      .map((line, index) => ({ line, place: `${path}:${index + 1}` }))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, place }) => `${place}: ${line.trim().slice(0, 120)}`),
  );
}
