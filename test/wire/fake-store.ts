/** The memory of the fake API server: objects with versions, history for watches, and the rules of its writes. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

export const StoredObject = z.looseObject({
  metadata: z.looseObject({
    name: z.string().min(1),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    generation: z.number().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    finalizers: z.array(z.string()).optional(),
    deletionTimestamp: z.string().optional(),
  }),
});
export type StoredObject = z.infer<typeof StoredObject>;

/** One collection of the API, such as `apps/v1/deployments`. */
export type Collection = string;

export interface HistoryEvent {
  readonly version: number;
  readonly collection: Collection;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
  /** How the object was before; selector watches need it. */
  readonly before: StoredObject | undefined;
}

/** A refusal, as the API server words it. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

type Tree = Record<string, unknown>;

/** Versions are shared by all collections, as in etcd. Answers are copies. */
export class FakeStore {
  version = 1_000;
  /** Watches from before this version get 410. */
  compactedAt = 0;
  private readonly collections = new Map<Collection, Map<string, StoredObject>>();
  private history: HistoryEvent[] = [];
  private readonly listeners = new Set<(event: HistoryEvent) => void>();

  get(collection: Collection, namespace: string | undefined, name: string): StoredObject | undefined {
    const found = this.objects(collection).get(keyOf(namespace, name));
    return found === undefined ? undefined : structuredClone(found);
  }

  list(collection: Collection, namespace?: string): StoredObject[] {
    return [...this.objects(collection).entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
      .filter(object => namespace === undefined || object.metadata.namespace === namespace)
      .map(object => structuredClone(object));
  }

  create(collection: Collection, object: StoredObject): StoredObject {
    const { name, namespace } = object.metadata;
    if (this.get(collection, namespace, name) !== undefined) {
      throw new Refusal(409, 'AlreadyExists', `${collection} "${name}" already exists`);
    }
    const { status: _ignored, ...rest } = structuredClone(object);
    const created: StoredObject = {
      ...rest,
      metadata: {
        ...object.metadata,
        uid: randomUUID(),
        generation: 1,
        creationTimestamp: new Date().toISOString(),
      },
    };
    return this.commit(collection, 'ADDED', created, undefined);
  }

  /** Creates or merges; stands for server-side apply without its bookkeeping of owners. */
  apply(collection: Collection, namespace: string | undefined, name: string, body: unknown): StoredObject {
    const object = StoredObject.parse(body);
    if (this.get(collection, namespace, name) === undefined) return this.create(collection, object);
    return this.patch(collection, namespace, name, body, undefined);
  }

  patch(
    collection: Collection,
    namespace: string | undefined,
    name: string,
    body: unknown,
    subresource: string | undefined,
  ): StoredObject {
    const current = this.objects(collection).get(keyOf(namespace, name));
    if (current === undefined) throw new Refusal(404, 'NotFound', `${collection} "${name}" not found`);
    const { status, ...rest } = z.looseObject({}).parse(body);
    const asked = z.object({ metadata: z.object({ resourceVersion: z.string() }) }).safeParse(body);
    if (asked.success && asked.data.metadata.resourceVersion !== current.metadata.resourceVersion) {
      throw new Refusal(
        409,
        'Conflict',
        'the object has been modified; apply your changes to the latest version',
      );
    }
    const merged = StoredObject.parse(mergePatch(current, subresource === 'status' ? { status } : rest));
    const next: StoredObject = { ...merged, metadata: { ...merged.metadata, ...identityOf(current) } };
    if (JSON.stringify(next) === JSON.stringify(current)) return structuredClone(current);
    if (JSON.stringify(next['spec']) !== JSON.stringify(current['spec'])) {
      next.metadata.generation = (current.metadata.generation ?? 0) + 1;
    }
    if (next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0) {
      return this.commit(collection, 'DELETED', next, current);
    }
    return this.commit(collection, 'MODIFIED', next, current);
  }

  delete(
    collection: Collection,
    namespace: string | undefined,
    name: string,
    preconditions: { uid?: string | undefined; resourceVersion?: string | undefined } = {},
  ): void {
    const current = this.objects(collection).get(keyOf(namespace, name));
    if (current === undefined) throw new Refusal(404, 'NotFound', `${collection} "${name}" not found`);
    const { uid, resourceVersion } = preconditions;
    if (
      (uid !== undefined && uid !== current.metadata.uid) ||
      (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion)
    ) {
      throw new Refusal(409, 'Conflict', 'Precondition failed');
    }
    if ((current.metadata.finalizers ?? []).length > 0) {
      const deletionTimestamp = new Date().toISOString();
      const marked = { ...current, metadata: { ...current.metadata, deletionTimestamp } };
      this.commit(collection, 'MODIFIED', marked, current);
      return;
    }
    this.commit(collection, 'DELETED', structuredClone(current), current);
  }

  /** Events after `version`, in order. */
  since(version: number): readonly HistoryEvent[] {
    return this.history.filter(event => event.version > version);
  }

  /** Forgets all history up to now: older watches and continue tokens get 410. */
  compact(): void {
    this.compactedAt = this.version;
    this.history = [];
  }

  /** As after a restore of etcd: versions go back and what came after them never was. */
  rewind(version: number): void {
    this.version = version;
    this.compactedAt = 0;
    this.history = [];
  }

  listen(listener: (event: HistoryEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private commit(
    collection: Collection,
    type: HistoryEvent['type'],
    object: StoredObject,
    before: StoredObject | undefined,
  ): StoredObject {
    this.version += 1;
    object.metadata.resourceVersion = String(this.version);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (type === 'DELETED') this.objects(collection).delete(key);
    else this.objects(collection).set(key, object);
    const event = { version: this.version, collection, type, object: structuredClone(object), before };
    this.history.push(event);
    for (const listener of this.listeners) listener(event);
    return structuredClone(object);
  }

  private objects(collection: Collection): Map<string, StoredObject> {
    let objects = this.collections.get(collection);
    if (objects === undefined) {
      objects = new Map();
      this.collections.set(collection, objects);
    }
    return objects;
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** What no patch can change. */
function identityOf(object: StoredObject): Partial<StoredObject['metadata']> {
  const { name, namespace, uid, generation, resourceVersion } = object.metadata;
  return { name, uid, generation, resourceVersion, ...(namespace === undefined ? {} : { namespace }) };
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isTree(patch)) return patch;
  const merged: Tree = isTree(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
