/** What cannot succeed until somebody changes an object: tried seldom, and at once when the object changes. */
import type { OutboxEntry } from '../api/canary-status.ts';
import { ForgeError } from '../forge/port.ts';
import { GitError } from '../git/port.ts';
import { NotifyError } from '../notify/errors.ts';
import { TerminalError } from '../runtime/errors.ts';
import type { KubeObject } from '../runtime/port.ts';
import type { Ports } from './ports.ts';

/** Secrets are not watched: as long as something waits for one, its version is asked for so often. */
const lookEveryMs = 60_000;

export function isLasting(error: unknown): boolean {
  if (error instanceof GitError || error instanceof ForgeError || error instanceof NotifyError)
    return !error.transient;
  return error instanceof TerminalError;
}

/** The versions of an object and of the Secret that it names, as one text; what is missing has none. */
export async function versionsOf(
  object: KubeObject | undefined,
  secret: { readonly namespace?: string; readonly name?: string | undefined },
  ports: Ports,
): Promise<string> {
  const { namespace, name } = secret;
  const version =
    namespace === undefined || name === undefined ? undefined : await ports.secretVersion(namespace, name);
  return `${object?.metadata.resourceVersion ?? '-'} ${version ?? '-'}`.slice(0, 256);
}

/** What the entries waited for has changed. Asks only where one of them waits. */
export async function isFreed(
  entries: readonly OutboxEntry[],
  versions: () => Promise<string>,
): Promise<boolean> {
  const blocked = entries.filter(({ blockedBy }) => blockedBy !== undefined);
  if (blocked.length === 0) return false;
  const now = await versions();
  return blocked.some(({ blockedBy }) => blockedBy !== now);
}

/** When to look again at what these wait for; infinite where none waits. */
export function lookMs(entries: readonly OutboxEntry[]): number {
  return entries.some(({ blockedBy }) => blockedBy !== undefined) ? lookEveryMs : Number.POSITIVE_INFINITY;
}
