/** The name of a tree before it is made, so that trees within one another can be made by one command. */
import { createHash } from 'node:crypto';
import type { Entry } from './objects.ts';

/**
 * The hash of `tree SIZE`, a zero byte, and for each entry mode, name, a zero byte and the object's name in binary; entries
 * in the order of their names' bytes, folders as if theirs ended in `/` (Pro Git, 10.2 "Git Objects"; git's own
 * base_name_compare). SHA-1 or SHA-256 as the entries' objects have it; `entries` holds at least one.
 */
export function treeName(entries: readonly Entry[]): string {
  const content = Buffer.concat(
    entries
      .map(entry => ({ entry, key: Buffer.from(entry.type === 'tree' ? `${entry.name}/` : entry.name) }))
      .toSorted((left, right) => Buffer.compare(left.key, right.key))
      .map(({ entry: { mode, name, object } }) =>
        Buffer.concat([Buffer.from(`${mode.replace(/^0/u, '')} ${name}\0`), Buffer.from(object, 'hex')]),
      ),
  );
  const algorithm = entries[0]?.object.length === 64 ? 'sha256' : 'sha1';
  return createHash(algorithm).update(`tree ${content.length}\0`).update(content).digest('hex');
}
