/** An in-memory API server behind the `KubeClient` port: real semantics, no sockets, no timers, fully deterministic. */
import { apiVersionOf } from '../../src/api/resources.ts';
import { ApiError } from '../../src/runtime/errors.ts';
import type { KubeClient, KubeObject, ObjectKey, Resource } from '../../src/runtime/port.ts';
import { fillDefaults } from './defaults.ts';
import { copy, dig, type Json, mergePatch, settle, trust } from './json.ts';
import { applyFields, type Owners, recordUpdate } from './ownership.ts';
import { matches } from './selectors.ts';
import { type Change, createStore, type Entry } from './store.ts';
import { narrow, scaleOf } from './subresources.ts';
import { validate } from './validate.ts';

/** One request, as an audit log would show it. */
export interface MemoryRequest {
  readonly manager: string;
  readonly verb: 'get' | 'list' | 'create' | 'apply' | 'patch' | 'delete';
  readonly resource: Resource;
  readonly key: Partial<ObjectKey>;
  readonly subresource?: 'status' | 'scale';
  /** What the request carries. */
  readonly body?: unknown;
}

/**
 * Stands between a client and the server: call `perform` to let the request happen, throw before it or after it to
 * lose the request or the answer.
 */
export type Intercept = <T>(request: MemoryRequest, perform: () => T) => Promise<T>;

export interface MemoryKube {
  /** A client that acts as this field manager; Siskin's own unless told. */
  client(manager?: string): KubeClient;
  /** Every version ever stored, in order. */
  readonly changes: readonly Change[];
  readonly requests: readonly MemoryRequest[];
  subscribe(listener: (change: Change) => void): () => void;
  /** What is stored now; not a request. */
  peek(resource: Resource, key: ObjectKey): KubeObject | undefined;
  all(resource: Resource): readonly KubeObject[];
  collectGarbage(): number;
}

export interface MemoryKubeOptions {
  now?: () => number;
  /** `manual`: objects without owners stay until `collectGarbage` is called, as they do on a busy cluster. */
  garbageCollection?: 'at-once' | 'manual';
  intercept?: Intercept;
}

export function createMemoryKube(options: MemoryKubeOptions = {}): MemoryKube {
  const store = createStore({
    now: options.now ?? (() => 0),
    garbageCollection: options.garbageCollection ?? 'at-once',
  });
  const requests: MemoryRequest[] = [];
  const intercept: Intercept = options.intercept ?? (async (_request, perform) => perform());

  function serve<T>(request: MemoryRequest, perform: () => unknown): Promise<T> {
    return intercept(request, () => {
      requests.push(request);
      return trust<T>(perform());
    });
  }

  function save(resource: Resource, before: Entry | undefined, object: Json, owners: Owners): KubeObject {
    fillDefaults(resource, object, store.allocate);
    validate(resource, before && trust<Json>(before.object), object);
    return store.put(
      resource,
      before,
      { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind },
      owners,
    );
  }

  function create(manager: string, resource: Resource, body: Json): KubeObject {
    const key = keyOf(resource, body);
    if (store.find(resource, key) !== undefined) {
      throw new ApiError(`${resource.plural} "${key.name}" already exists`, {
        status: 409,
        reason: 'AlreadyExists',
      });
    }
    const { status: _status, ...object } = body;
    return save(resource, undefined, object, recordUpdate(new Map(), manager, {}, object));
  }

  function apply(manager: string, resource: Resource, body: Json, force: boolean): KubeObject {
    const before = store.find(resource, keyOf(resource, body));
    checkPreconditions(resource, before, dig(body, 'metadata'));
    const { name, namespace } = keyOf(resource, body);
    const live = before === undefined ? { metadata: { name, namespace } } : asJson(before.object);
    const merged = applyFields({ live, owners: before?.owners ?? new Map() }, body, { manager, force });
    return save(resource, before, merged.object, merged.owners);
  }

  function patch(manager: string, request: MemoryRequest, body: Json): KubeObject {
    const { resource, subresource } = request;
    const before = store.find(resource, trust<ObjectKey>(request.key));
    if (before === undefined) throw notFound(resource, request.key.name ?? '');
    checkPreconditions(resource, before, dig(body, 'metadata'));
    if (subresource === 'status') return patchStatus(before, body);
    const live = asJson(before.object);
    const after = trust<Json>(mergePatch(live, body));
    const object = narrow(live, after, subresource);
    const saved = save(resource, before, object, recordUpdate(before.owners, manager, live, object));
    return subresource === 'scale' ? scaleOf(saved) : saved;
  }

  /** Most writes are of this kind: whatever else the object holds is shared with its version before. */
  function patchStatus(before: Entry, body: Json): KubeObject {
    const patched = mergePatch({ status: before.object.status }, { status: body.status }, settle);
    const { status } = trust<Json>(patched);
    return store.put(before.resource, before, { ...before.object, status }, before.owners);
  }

  function remove(resource: Resource, key: ObjectKey, preconditions: unknown): void {
    const entry = store.find(resource, key);
    if (entry === undefined) throw notFound(resource, key.name);
    checkPreconditions(resource, entry, preconditions);
    store.remove(entry);
  }

  return {
    changes: store.changes,
    requests,
    subscribe: store.subscribe,
    peek: (resource, key) => store.find(resource, key)?.object,
    all: resource => store.all(resource).map(entry => entry.object),
    collectGarbage: store.collectGarbage,
    client: (manager = 'siskin') => ({
      get: (resource, key) =>
        serve({ manager, verb: 'get', resource, key }, () => store.find(resource, key)?.object),
      list: (resource, listOptions = {}) =>
        serve({ manager, verb: 'list', resource, key: {}, body: listOptions }, () =>
          store
            .all(resource)
            .map(entry => entry.object)
            .filter(object => matches(object, listOptions)),
        ),
      create: (resource, object) =>
        serve({ manager, verb: 'create', resource, key: object.metadata, body: object }, () =>
          create(manager, resource, asJson(object)),
        ),
      apply: (resource, object, applyOptions = {}) =>
        serve({ manager, verb: 'apply', resource, key: object.metadata, body: object }, () =>
          apply(manager, resource, asJson(object), applyOptions.force === true),
        ),
      patch: (resource, key, body, patchOptions = {}) => {
        const request: MemoryRequest = { manager, verb: 'patch', resource, key, body, ...patchOptions };
        return serve(request, () => patch(manager, request, body));
      },
      delete: (resource, key, preconditions = {}) =>
        serve({ manager, verb: 'delete', resource, key, body: preconditions }, () =>
          remove(resource, key, preconditions),
        ),
    }),
  };
}

function asJson(object: KubeObject): Json {
  return trust<Json>(copy(object));
}

function keyOf(resource: Resource, body: Json): ObjectKey {
  const name = dig(body, 'metadata', 'name');
  const namespace = dig(body, 'metadata', 'namespace');
  if (typeof name !== 'string' || name === '') {
    throw new ApiError('metadata.name: Required value', { status: 422, reason: 'Invalid' });
  }
  if (resource.namespaced !== (typeof namespace === 'string')) {
    throw new ApiError(`${resource.plural} "${name}": wrong scope`, { status: 400, reason: 'BadRequest' });
  }
  return typeof namespace === 'string' ? { name, namespace } : { name };
}

/** A uid or resourceVersion which the request names must be the stored one. */
function checkPreconditions(resource: Resource, entry: Entry | undefined, wanted: unknown): void {
  for (const field of ['uid', 'resourceVersion'] as const) {
    const value = dig(wanted, field);
    if (value === undefined || value === entry?.object.metadata[field]) continue;
    throw new ApiError(`the object of ${resource.plural} has been modified`, {
      status: 409,
      reason: 'Conflict',
    });
  }
}

function notFound(resource: Resource, name: string): ApiError {
  return new ApiError(`${resource.plural} "${name}" not found`, { status: 404, reason: 'NotFound' });
}
