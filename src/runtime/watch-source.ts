/** Where a reflector gets its objects from: the API server in production, memory in the simulator. */
import type { KubeObject, ListOptions, Resource } from './port.ts';

export interface ListResult<T> {
  readonly items: T[];
  /** The point in history that the list shows; a watch goes on from it. */
  readonly resourceVersion: string;
}

export interface WatchOptions extends ListOptions {
  /** Events after this point are wanted. */
  readonly resourceVersion: string;
  /** After which the server ends the watch. */
  readonly timeoutSeconds: number;
  /** Silence longer than this means a dead peer, ms. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** Called in order, synchronously, while the watch runs. */
export interface WatchHandler {
  opened(): void;
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void;
  /** Nothing happened up to this resourceVersion. */
  bookmark(resourceVersion: string | undefined): void;
}

export interface WatchSource {
  /** Everything, page by page; only what `keep` answers stays in memory. Rejects as KubeClient does. */
  listAll<T>(
    resource: Resource,
    options: ListOptions,
    keep: (object: KubeObject) => T | undefined,
  ): Promise<ListResult<T>>;
  /**
   * Resolves when the server ends the watch or `signal` aborts; rejects with ApiError on a refusal (410: the history
   * is gone, list again) and with TransientError when the stream breaks.
   */
  watch(resource: Resource, options: WatchOptions, handler: WatchHandler): Promise<void>;
}
