/** Rule 10: every write is conditional, and nothing of others changes with it. */
import { Canaries, Deployments } from '../../../src/api/resources.ts';
import type { KubeObject } from '../../../src/runtime/port.ts';
import { dig, isRecord, same } from '../../memory/json.ts';
import type { History, Write } from '../history.ts';
import { replay } from './replay.ts';

export function conditionalWrites(history: History): string[] {
  return replay(history, ({ entry }, complain) => {
    if (entry.type !== 'write') return;
    const what = `${entry.verb} of ${entry.resource.plural}/${entry.key.name}`;
    const version = dig(entry.body, 'metadata', 'resourceVersion') ?? dig(entry.body, 'resourceVersion');
    const isFresh = entry.verb === 'create' || (entry.verb === 'apply' && !entry.force);
    if (version === undefined && !isFresh) complain(`${what} is unconditional`);
    for (const field of foreignFields(entry)) complain(`${what} changes ${field}`);
  });
}

/** Of a target only the replicas, and of a Canary only the status and our finalizer, are ours to write. */
function foreignFields({ resource, key, before, after }: Write): string[] {
  if (before === undefined || after === undefined) return [];
  const ours =
    resource.plural === Canaries.plural
      ? ['status', 'metadata.finalizers']
      : resource.plural === Deployments.plural && !key.name.endsWith('-primary')
        ? ['spec.replicas']
        : undefined;
  if (ours === undefined) return [];
  return changedPaths(before, after).filter(
    path => !ours.some(own => path === own || path.startsWith(`${own}.`)),
  );
}

const bookkeeping = new Set(['metadata.resourceVersion', 'metadata.generation']);

function changedPaths(before: KubeObject, after: KubeObject): string[] {
  const found: string[] = [];
  function walk(a: unknown, b: unknown, path: string): void {
    if (same(a, b)) return;
    if (!isRecord(a) || !isRecord(b)) {
      if (!bookkeeping.has(path)) found.push(path);
      return;
    }
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
      walk(a[name], b[name], path === '' ? name : `${path}.${name}`);
  }
  walk(before, after, '');
  return found;
}
