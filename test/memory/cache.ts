/** A `Cache` fed from the in-memory API server, whose deliveries a test may delay, drop, repeat or reorder. */
import type { Cache, KubeObject, Resource } from '../../src/runtime/port.ts';
import { trust } from './json.ts';
import type { MemoryKube } from './kube.ts';
import { type Change, kindKey, objectKey } from './store.ts';

/** Sees every change of the resource and decides when, if ever and how often to hand it to `put`. */
export type Delivery = (change: Change, put: (change: Change) => void) => void;

export interface MemoryCache<T extends KubeObject> extends Cache<T> {
  /** Takes in one change now, newer than what is held or not: older ones are ignored as a reflector ignores them. */
  put(change: Change): void;
  /** Lists again, as a reflector does after a lost watch. */
  relist(): void;
  /** Called after the content changed; answers how to stop. */
  onChange(listener: (object: T) => void): () => void;
}

export function createMemoryCache<T extends KubeObject>(
  kube: MemoryKube,
  resource: Resource,
  delivery: Delivery = (change, put) => put(change),
): MemoryCache<T> {
  const held = new Map<string, { version: number; object: T | undefined }>();
  const listeners = new Set<(object: T) => void>();

  function take(object: T, version: number, present: boolean): void {
    const key = objectKey(object.metadata);
    const known = held.get(key);
    if (known !== undefined && known.version >= version) return;
    held.set(key, { version, object: present ? object : undefined });
    for (const listener of listeners) listener(object);
  }

  const cache: MemoryCache<T> = {
    get: key => held.get(objectKey(key))?.object,
    list: namespace =>
      [...held.values()]
        .flatMap(({ object }) => (object === undefined ? [] : [object]))
        .filter(object => namespace === undefined || object.metadata.namespace === namespace),
    observe(object) {
      take(object, Number(object.metadata.resourceVersion), true);
    },
    put(change) {
      take(trust<T>(change.object), change.resourceVersion, change.type !== 'DELETED');
    },
    relist() {
      const now = kube.changes.at(-1)?.resourceVersion ?? 0;
      const stored = new Set(kube.all(resource).map(object => objectKey(object.metadata)));
      for (const { object } of held.values()) {
        if (object !== undefined && !stored.has(objectKey(object.metadata))) take(object, now, false);
      }
      for (const object of kube.all(resource)) cache.observe(trust<T>(object));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  cache.relist();
  kube.subscribe(change => {
    if (kindKey(change.resource) === kindKey(resource)) delivery(change, cache.put);
  });
  return cache;
}
