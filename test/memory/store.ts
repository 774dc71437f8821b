/** The storage of the in-memory API server: one counter of versions, one log of changes, owners and garbage. */
import type { KubeObject, ObjectKey, Resource } from '../../src/runtime/port.ts';
import { type Json, same, settle, trust } from './json.ts';
import type { Owners } from './ownership.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly resourceVersion: number;
}

export interface Entry {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly owners: Owners;
}

export interface Store {
  readonly changes: readonly Change[];
  find(resource: Resource, key: ObjectKey): Entry | undefined;
  all(resource: Resource): Entry[];
  /** Stores a new version and logs it; with nothing changed but the owners, the version stays. */
  put(resource: Resource, before: Entry | undefined, object: Json, owners: Owners): KubeObject;
  /** Deletes, or marks as being deleted while finalizers are left. */
  remove(entry: Entry): void;
  /** Deletes what lost its last owner, again and again until nothing changes; answers how many objects went. */
  collectGarbage(): number;
  subscribe(listener: (change: Change) => void): () => void;
  /** A number never given before, for uids and addresses. */
  allocate(): number;
}

/** Kinds whose objects carry no `metadata.generation`. */
const withoutGeneration = new Set(['', 'coordination.k8s.io', 'events.k8s.io']);

export function kindKey(resource: Resource): string {
  return `${resource.group}/${resource.plural}`;
}

export function objectKey(key: ObjectKey): string {
  return `${key.namespace ?? ''}/${key.name}`;
}

export function createStore(options: { now: () => number; garbageCollection: 'at-once' | 'manual' }): Store {
  const kinds = new Map<string, Map<string, Entry>>();
  const changes: Change[] = [];
  const listeners = new Set<(change: Change) => void>();
  let version = 1000;
  let serial = 0;

  function log(type: Change['type'], entry: Entry): void {
    const change = { type, resource: entry.resource, object: entry.object, resourceVersion: version };
    changes.push(change);
    for (const listener of listeners) listener(change);
  }

  function objects(resource: Resource): Map<string, Entry> {
    const key = kindKey(resource);
    const known = kinds.get(key) ?? new Map<string, Entry>();
    kinds.set(key, known);
    return known;
  }

  const store: Store = {
    changes,
    find: (resource, key) => objects(resource).get(objectKey(key)),
    all: resource => [...objects(resource).values()],
    put(resource, before, object, owners) {
      const body = trust<KubeObject>(settle(object));
      const next = { ...body, metadata: settle(stamp(resource, before?.object, body)) };
      if (before !== undefined && same(before.object, next)) {
        objects(resource).set(objectKey(next.metadata), { ...before, owners });
        return before.object;
      }
      if (next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0) {
        return drop({ resource, object: next, owners });
      }
      const entry = { resource, object: nextVersion(next), owners };
      objects(resource).set(objectKey(next.metadata), entry);
      log(before === undefined ? 'ADDED' : 'MODIFIED', entry);
      return entry.object;
    },
    remove(entry) {
      const { finalizers, deletionTimestamp } = entry.object.metadata;
      if ((finalizers ?? []).length === 0) drop(entry);
      else if (deletionTimestamp === undefined) mark(entry);
    },
    collectGarbage() {
      const alive = new Set(
        [...kinds.values()].flatMap(kind => [...kind.values()].map(e => e.object.metadata.uid)),
      );
      let gone = 0;
      for (const entry of [...kinds.values()].flatMap(kind => [...kind.values()])) {
        const owners = entry.object.metadata.ownerReferences ?? [];
        if (owners.length === 0 || owners.some(owner => alive.has(owner.uid))) continue;
        if (entry.object.metadata.deletionTimestamp !== undefined) continue;
        gone += 1;
        store.remove(entry);
      }
      return gone;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    allocate() {
      serial += 1;
      return serial;
    },
  };

  function stamp(
    resource: Resource,
    before: KubeObject | undefined,
    next: KubeObject,
  ): KubeObject['metadata'] {
    const { deletionTimestamp: _deletionTimestamp, ...meta } = next.metadata;
    if (before === undefined) {
      store.allocate();
      const fresh = { ...meta, uid: `uid-${serial}`, creationTimestamp: timestamp() };
      return withoutGeneration.has(resource.group) ? fresh : { ...fresh, generation: 1 };
    }
    const { uid, creationTimestamp, deletionTimestamp, generation, resourceVersion } = before.metadata;
    const moved = generation !== undefined && !same(before.spec, next.spec) ? generation + 1 : generation;
    const kept = { uid, creationTimestamp, deletionTimestamp, resourceVersion, generation: moved };
    return trust<KubeObject['metadata']>({ ...meta, ...kept });
  }

  function nextVersion(object: KubeObject, change: Partial<KubeObject['metadata']> = {}): KubeObject {
    version += 1;
    return settle({
      ...object,
      metadata: { ...object.metadata, ...change, resourceVersion: String(version) },
    });
  }

  function drop(entry: Entry): KubeObject {
    objects(entry.resource).delete(objectKey(entry.object.metadata));
    const last = nextVersion(entry.object);
    log('DELETED', { ...entry, object: last });
    if (options.garbageCollection === 'at-once') store.collectGarbage();
    return last;
  }

  function mark(entry: Entry): void {
    const next = { ...entry, object: nextVersion(entry.object, { deletionTimestamp: timestamp() }) };
    objects(entry.resource).set(objectKey(next.object.metadata), next);
    log('MODIFIED', next);
  }

  function timestamp(): string {
    return new Date(options.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  return store;
}
