/** A read-only cache of one resource that keeps itself true by watching. */
import type { Backoff } from './clock.ts';
import { monotonicNow } from './clock.ts';
import type { Log } from './log.ts';
import { type ChangeHandler, ObjectStore, type Scope } from './object-store.ts';
import type { Cache, Clock, KubeObject, ObjectKey, ObjectMeta, Resource } from './port.ts';
import { type ReflectorMetrics, WatchLoop } from './watch-loop.ts';
import type { WatchSource } from './watch-source.ts';

export interface ReflectorOptions<T extends KubeObject> {
  readonly source: WatchSource;
  readonly resource: Resource;
  /** The projection at the edge: only what it answers stays in memory. Undefined leaves the object out. */
  readonly keep: (object: KubeObject) => T | undefined;
  /** Namespaces to watch, one watch each; all when absent or empty. */
  readonly namespaces?: readonly string[] | undefined;
  /** `observe` does not test it: write through only what it selects. */
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** The resource's CRD may be missing: 404 then reads as an empty, synced cache, and is asked again every 30 s. */
  readonly absentOk?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: ReflectorMetrics;
  /** Silence of a watch that means a dead peer, ms; 120 s when absent. Bookmarks come about every minute. */
  readonly idleMs?: number;
  /** Between failures; 100 ms to 30 s when absent. */
  readonly backoff?: Backoff;
  readonly absentRetryMs?: number;
  readonly monotonicNow?: () => number;
  readonly random?: () => number;
}

/** Survives every error until it is stopped. Objects in it are shared: never change them. */
export class Reflector<T extends KubeObject> implements Cache<T> {
  readonly resource: Resource;
  private readonly options: ReflectorOptions<T>;
  private readonly store: ObjectStore<T>;
  private readonly loops: readonly WatchLoop<T>[];
  private readonly scopes: ReadonlySet<Scope>;
  private readonly unsynced: Set<Scope>;
  private readonly ready = Promise.withResolvers<void>();
  private readonly handlers = new Set<ChangeHandler<T>>();
  private readonly stopping = new AbortController();
  private running: Promise<unknown> | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.options = options;
    this.resource = options.resource;
    this.store = new ObjectStore<T>((key, object, old) => this.tell(key, object, old));
    const { namespaces = [] } = options;
    const scoped = options.resource.namespaced && namespaces.length > 0;
    this.scopes = new Set<Scope>(scoped ? namespaces : [undefined]);
    this.unsynced = new Set(this.scopes);
    const defaults = {
      absentOk: false,
      absentRetryMs: 30_000,
      idleMs: 120_000,
      backoff: { baseMs: 100, capMs: 30_000 },
      monotonicNow,
      random: Math.random,
    };
    this.loops = [...this.scopes].map(
      scope => new WatchLoop({ ...defaults, ...options }, scope, this.store, () => this.sync(scope)),
    );
  }

  /** Begins to list and watch. Calling it again does nothing. */
  start(): void {
    this.running ??= Promise.all(this.loops.map(loop => loop.run(this.stopping.signal)));
  }

  /** Ends the watches; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  get(key: ObjectKey): T | undefined {
    return this.store.get(key);
  }

  list(namespace?: string): readonly T[] {
    return this.store.list(namespace);
  }

  observe(object: T): void {
    const { namespace } = object.metadata;
    const scope = this.scopes.has(undefined) ? undefined : namespace;
    if (!this.scopes.has(scope)) return;
    try {
      const kept = this.options.keep(object);
      if (kept !== undefined) this.store.observe(scope, kept);
    } catch (error) {
      // The write was done; failing its caller here would make it look undone. The watch tells the rest.
      this.options.log.error({ resource: this.resource.plural, err: error }, 'written object cannot be read');
    }
  }

  /** Whether everything was listed once. */
  get synced(): boolean {
    return this.unsynced.size === 0;
  }

  /** Resolves when everything was listed once. */
  whenSynced(): Promise<void> {
    return this.ready.promise;
  }

  /** When the least recently heard watch was heard: event, bookmark, list or connection; monotonic ms. */
  get lastEventAt(): number {
    return Math.min(...this.loops.map(loop => loop.heardAt));
  }

  /**
   * Calls for every change from now on, own writes included, and for every object already here. What a handler throws
   * is logged and goes no further.
   */
  onChange(handler: ChangeHandler<T>): void {
    this.handlers.add(handler);
    for (const object of this.store.list()) this.call(handler, object.metadata, object, undefined);
  }

  private sync(scope: Scope): void {
    if (this.unsynced.delete(scope) && this.synced) this.ready.resolve();
  }

  private tell(key: ObjectKey, object: T | undefined, old: T | undefined): void {
    for (const handler of this.handlers) this.call(handler, key, object, old);
  }

  private call(handler: ChangeHandler<T>, key: ObjectKey, object: T | undefined, old: T | undefined): void {
    try {
      handler(key, object, old);
    } catch (error) {
      const { namespace, name } = key;
      const fields = { resource: this.resource.plural, namespace, name, err: error };
      this.options.log.error(fields, 'change handler failed');
    }
  }
}

/** The projection for caches that read most of an object: drops the two parts which nobody reads and which weigh most. */
export function stripped<T extends KubeObject>(object: T): T {
  const {
    managedFields: _,
    annotations,
    ...rest
  }: ObjectMeta & { managedFields?: unknown } = object.metadata;
  const { 'kubectl.kubernetes.io/last-applied-configuration': __, ...others } = annotations ?? {};
  return {
    ...object,
    metadata: { ...rest, ...(annotations === undefined ? {} : { annotations: others }) },
  };
}
