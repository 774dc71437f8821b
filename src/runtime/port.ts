/** What the rest of the operator may ask of Kubernetes: a small client and read-only caches, both free of any knowledge of canaries. */

/** A kind of Kubernetes resource, addressed as the API server's URLs address it. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** Any object of the API; adapters narrow `spec` and `status` by parsing what they read. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
}

export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** Preconditions: the API server refuses the delete (409) when they do not hold. */
export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/**
 * The API client. Every method rejects with `ApiError` (errors.ts) on a status of 400 or more, and with a transient
 * error when no answer came; `get` answers undefined for 404.
 */
export interface KubeClient {
  get<T extends KubeObject>(resource: Resource, key: ObjectKey): Promise<T | undefined>;
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<T[]>;
  create<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** Server-side apply as field manager `siskin`; with `force` it takes over fields which it sends and others own. */
  apply<T extends KubeObject>(resource: Resource, object: T, options?: { force?: boolean }): Promise<T>;
  /** JSON merge patch. Put `metadata.resourceVersion` into the body to make it conditional (409 when it moved on). */
  patch<T extends KubeObject>(
    resource: Resource,
    key: ObjectKey,
    body: Record<string, unknown>,
    options?: { subresource?: 'status' | 'scale' },
  ): Promise<T>;
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void>;
}

/** A watched, projected copy of one resource in memory. Objects in it are shared: never change them. */
export interface Cache<T extends KubeObject> {
  get(key: ObjectKey): T | undefined;
  list(namespace?: string): readonly T[];
  /**
   * Writes through what the API server answered to our own write, so that the next pass reads it; ignored when the
   * cache holds a newer version already.
   */
  observe(object: T): void;
}

/** Wall clock and timers, injected so that tests own time. Milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Calls once after `ms`; the answer cancels. */
  after(ms: number, call: () => void): () => void;
}
