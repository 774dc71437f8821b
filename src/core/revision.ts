/** The revision: a canonical, versioned hash of a pod template, equal on every machine and for every key order. */
import { createHash } from 'node:crypto';

/**
 * The prefix names the way of hashing. When it changes, no recorded value is equal any more: the generation fence and the
 * comparison with the primary's template keep an upgrade of the operator from starting runs.
 */
const revisionVersion = 'v1';

/** `v1-` and 16 hex digits of SHA-256 over canonical JSON; null, empty objects and empty lists count as absent. */
export function revisionOf(template: unknown): string {
  const digest = createHash('sha256').update(canonical(template)).digest('hex');
  return `${revisionVersion}-${digest.slice(0, 16)}`;
}

/** JSON with sorted keys and without null, `{}` and `[]`, which the API server drops or keeps as clients happen to write them. */
export function canonical(value: unknown): string {
  return JSON.stringify(normalise(value) ?? null);
}

function normalise(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map(item => normalise(item) ?? null);
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, normalise(item)] as const)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What was computed for which generation of which object. */
export interface RevisionRecord {
  readonly uid: string;
  readonly generation: number;
  readonly revision: string;
}

/**
 * The revision of a workload as it is now. While uid and generation are those of the record, nobody changed the
 * object, and the recorded value holds even if the API server's defaults, or our hashing, have changed since.
 */
export function currentRevision(
  target: { readonly uid: string; readonly generation: number; readonly template: unknown },
  record: RevisionRecord | undefined,
): string {
  if (record !== undefined && record.uid === target.uid && record.generation === target.generation)
    return record.revision;
  return revisionOf(target.template);
}
