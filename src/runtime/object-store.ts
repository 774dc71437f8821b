/** The objects behind a cache, by namespace and name, which never go back in history. */
import { compareVersions } from './kube-path.ts';
import type { KubeObject, ObjectKey } from './port.ts';

/** `object` is undefined when it is gone, `old` when it is new. */
export type ChangeHandler<T> = (key: ObjectKey, object: T | undefined, old: T | undefined) => void;

/** A namespace that is watched by itself; undefined when one watch covers everything. */
export type Scope = string | undefined;

/**
 * Lists, watch events and write-throughs race; the resourceVersion decides, never the order of arrival. How far a
 * scope's history has been seen is remembered too: an object which is absent although the history was seen beyond its
 * version has been deleted, so that a late write-through cannot bring it back. This needs no tombstones.
 */
export class ObjectStore<T extends KubeObject> {
  private readonly namespaces = new Map<string, Map<string, T>>();
  private readonly seen = new Map<Scope, string>();
  private readonly notify: ChangeHandler<T>;

  constructor(notify: ChangeHandler<T>) {
    this.notify = notify;
  }

  get(key: ObjectKey): T | undefined {
    return this.namespaces.get(key.namespace ?? '')?.get(key.name);
  }

  list(namespace?: string): readonly T[] {
    if (namespace !== undefined) return [...(this.namespaces.get(namespace)?.values() ?? [])];
    const all: T[] = [];
    for (const objects of this.namespaces.values()) {
      for (const object of objects.values()) all.push(object);
    }
    return all;
  }

  /** Up to where the scope's history has been seen; undefined before the first list. */
  seenUpTo(scope: Scope): string | undefined {
    return this.seen.get(scope);
  }

  /** Never back: only a list may tell that history itself went back. */
  advance(scope: Scope, version: string | undefined): void {
    const order = compareVersions(version, this.seen.get(scope));
    if (version !== undefined && (order === undefined || order > 0)) this.seen.set(scope, version);
  }

  /** Takes the object unless a newer one is there. */
  put(object: T): void {
    this.set(object, false);
  }

  /** Removes it unless what is there is newer than the deletion, that is: created again. */
  remove(key: ObjectKey, version: string | undefined): void {
    const old = this.get(key);
    if (old === undefined) return;
    const order = compareVersions(version, old.metadata.resourceVersion);
    if (order === undefined || order >= 0) this.drop(key, old);
  }

  /** Takes the answer to our own write. Without comparable versions the watch will bring it soon enough. */
  observe(scope: Scope, object: T): void {
    const old = this.get(object.metadata);
    const known = old?.metadata.resourceVersion ?? this.seen.get(scope);
    const order = compareVersions(object.metadata.resourceVersion, known);
    if (known === undefined || (order !== undefined && order > 0)) this.set(object, false);
  }

  /**
   * Makes the scope equal to a list at `version`: what the list lacks was deleted, unless it is newer than the list.
   * With `reset` (history went back: etcd was restored) the list wins over everything.
   */
  replace(scope: Scope, items: readonly T[], version: string | undefined, reset = false): void {
    const listed = new Set<T | undefined>();
    for (const item of items) {
      this.set(item, reset);
      listed.add(this.get(item.metadata));
    }
    for (const object of this.list(scope)) {
      if (listed.has(object)) continue;
      const order = compareVersions(object.metadata.resourceVersion, version);
      if (reset || version === undefined || order === undefined || order <= 0) {
        this.drop(object.metadata, object);
      }
    }
    if (version === undefined) this.seen.delete(scope);
    else this.seen.set(scope, version);
  }

  private set(object: T, force: boolean): void {
    const { namespace = '', name, resourceVersion } = object.metadata;
    let objects = this.namespaces.get(namespace);
    if (objects === undefined) {
      objects = new Map();
      this.namespaces.set(namespace, objects);
    }
    const old = objects.get(name);
    const order = compareVersions(resourceVersion, old?.metadata.resourceVersion);
    if (old !== undefined && order !== undefined && (order === 0 || (order < 0 && !force))) return;
    const kept = old === undefined ? object : sharingSpec(object, old);
    objects.set(name, kept);
    this.notify(keyOf(kept.metadata), kept, old);
  }

  private drop(key: ObjectKey, old: T): void {
    const objects = this.namespaces.get(key.namespace ?? '');
    objects?.delete(key.name);
    if (objects?.size === 0) this.namespaces.delete(key.namespace ?? '');
    this.notify(keyOf(key), undefined, old);
  }
}

/** The API server counts the generation up with every change of the spec: one spec less in memory, and to be read. */
function sharingSpec<T extends KubeObject>(object: T, old: T): T {
  const { uid, generation } = object.metadata;
  const same = generation !== undefined && generation === old.metadata.generation && uid === old.metadata.uid;
  return same && old.spec !== undefined ? { ...object, spec: old.spec } : object;
}

function keyOf(key: ObjectKey): ObjectKey {
  return key.namespace === undefined ? { name: key.name } : { namespace: key.namespace, name: key.name };
}
