/** The last word on what may be written: looks at the computed difference, not at what was asked for. */
import { isAllowed } from './globs.ts';
import { type Change, changesLink } from './objects.ts';

export interface Difference {
  /** Between the head of the branch and the commit to be. */
  readonly changes: readonly Change[];
  /** Every file that the failed change changed. */
  readonly touched: readonly string[];
  /** Files below the workload's path, from what failed to what was promoted. */
  readonly promised: readonly Change[];
}

/** Why the difference must not be written, for people; undefined when it may. */
export function scopeViolation(
  allowed: { readonly allowedPaths: readonly string[]; readonly limits: { readonly maxFiles: number } },
  { changes, touched, promised }: Difference,
): string | undefined {
  const known = new Set(touched);
  const outside = changes.find(
    change => !isAllowed(allowed.allowedPaths, change.path) || !known.has(change.path),
  );
  if (outside !== undefined)
    return `The revert would change ${outside.path}, which is outside of the allowed paths.`;
  if (changes.some(changesLink)) return 'The revert would change symbolic links or submodules.';
  const { maxFiles } = allowed.limits;
  if (changes.length > maxFiles)
    return `The revert would change ${changes.length} files; the limit is ${maxFiles}.`;
  const before = new Map(promised.map(change => [change.path, change]));
  const made = changes.find(({ path, from, to }) => {
    const promise = before.get(path);
    // A file that nobody edited since can only become what was promoted.
    return promise !== undefined && same(from, promise.from) && !same(to, promise.to);
  });
  if (made !== undefined) return `The revert would give ${made.path} contents which were never promoted.`;
  return undefined;
}

function same(one: Change['from'], other: Change['from']): boolean {
  return one?.object === other?.object && one?.mode === other?.mode;
}
