/** List, then watch, then again: keeps one scope of a store true through every fault of the server and the network. */
import { type Backoff, backoffMs, sleep } from './clock.ts';
import { ApiError, isNotFound, TransientError } from './errors.ts';
import { compareVersions } from './kube-path.ts';
import type { Log } from './log.ts';
import type { ObjectStore, Scope } from './object-store.ts';
import type { Clock, KubeObject, Resource } from './port.ts';
import type { WatchSource } from './watch-source.ts';

/** A watch that ends sooner gave no service; reconnecting at once would be a hot loop. */
const shortWatchMs = 1_000;
const shortWatchCapMs = 1_000;
/** So many failures in a row of a server that does answer mean that the point we resume from is bad. */
const failuresBeforeRelist = 3;
/** An API server that just started answers 404 for custom resources: absence must last before it empties a cache. */
const absencesBeforeEmpty = 3;
/** A lagging replica is waited for; a history that stays older was restored from a backup. */
const olderListsBeforeReset = 10;

export interface ReflectorMetrics {
  relisted(resource: string, reason: 'start' | 'expired' | 'broken'): void;
  event(resource: string): void;
  /** An object that the projection threw on; its last good copy stays. */
  decodeError(resource: string): void;
}

export interface WatchLoopOptions<T extends KubeObject> {
  readonly source: WatchSource;
  readonly resource: Resource;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly keep: (object: KubeObject) => T | undefined;
  readonly absentOk: boolean;
  readonly absentRetryMs: number;
  readonly idleMs: number;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly monotonicNow: () => number;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics?: ReflectorMetrics | undefined;
}

export class WatchLoop<T extends KubeObject> {
  /** When the server was last heard: an event, a bookmark, a list or a connection. On the monotonic clock, ms. */
  heardAt: number;
  private readonly options: WatchLoopOptions<T>;
  private readonly scope: Scope;
  private readonly store: ObjectStore<T>;
  private readonly synced: () => void;
  /** Where to resume; undefined asks for a list. */
  private version: string | undefined;
  private relistReason: 'start' | 'expired' | 'broken' = 'start';
  private failures = 0;
  private absences = 0;
  /** Whether the present watch has told an event or a bookmark. */
  private progressed = false;
  private olderLists = 0;

  constructor(options: WatchLoopOptions<T>, scope: Scope, store: ObjectStore<T>, synced: () => void) {
    this.options = options;
    this.scope = scope;
    this.store = store;
    this.synced = synced;
    this.heardAt = options.monotonicNow();
  }

  /** Runs until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = await this.pass(signal);
      if (pauseMs > 0) await sleep(this.options.clock, pauseMs, signal);
    }
  }

  /** One list, where needed, and one watch; answers how long to wait before the next. */
  private async pass(signal: AbortSignal): Promise<number> {
    const startedAt = this.options.monotonicNow();
    const heardBefore = this.heardAt;
    this.progressed = false;
    try {
      const version = this.version ?? (await this.relist());
      await this.watch(version, signal);
      if (this.options.monotonicNow() - startedAt >= shortWatchMs) {
        this.failures = 0;
        return 0;
      }
      this.failures += 1;
      return Math.min(shortWatchCapMs, this.pauseAfter(this.failures));
    } catch (error) {
      if (signal.aborted) return 0;
      // A server takes a point in the future, as a restored etcd leaves us with, and then tells nothing, not even a
      // bookmark: a watch that was mute throughout may be blind, and only a list can tell.
      const mute = !this.progressed && this.options.monotonicNow() - startedAt >= this.options.idleMs;
      if (mute) this.forget('broken');
      return this.recover(error, this.heardAt !== heardBefore);
    }
  }

  private async relist(): Promise<string> {
    const { source, resource, metrics } = this.options;
    metrics?.relisted(resource.plural, this.relistReason);
    const { items, resourceVersion } = await source.listAll(resource, this.selection(), object =>
      this.project(object),
    );
    const order = compareVersions(resourceVersion, this.store.seenUpTo(this.scope));
    const older = order !== undefined && order < 0;
    if (older && ++this.olderLists < olderListsBeforeReset) {
      throw new TransientError(`the list of ${resource.plural} is older than what was seen before`);
    }
    this.olderLists = 0;
    this.absences = 0;
    this.store.replace(this.scope, items, resourceVersion, older);
    this.version = resourceVersion;
    this.heard();
    this.synced();
    return resourceVersion;
  }

  private watch(version: string, signal: AbortSignal): Promise<void> {
    const { source, resource, idleMs, random } = this.options;
    const options = {
      ...this.selection(),
      resourceVersion: version,
      // Spread over minutes: replicas and resources that started together must not reconnect together.
      timeoutSeconds: 300 + Math.floor(random() * 301),
      idleMs,
      signal,
    };
    return source.watch(resource, options, {
      opened: () => this.heard(),
      bookmark: at => this.passed(at),
      event: (type, object) => {
        if (signal.aborted) return;
        this.options.metrics?.event(resource.plural);
        this.take(type, object);
        this.passed(object.metadata.resourceVersion);
      },
    });
  }

  private take(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void {
    const kept = type === 'DELETED' ? undefined : this.project(object);
    if (kept === undefined) this.store.remove(object.metadata, object.metadata.resourceVersion);
    else this.store.put(kept);
  }

  /** One object that the projection cannot read must not hide the others: its last good copy stays. */
  private project(object: KubeObject): T | undefined {
    const { keep, log, metrics, resource } = this.options;
    try {
      return keep(object);
    } catch (error) {
      const { namespace, name } = object.metadata;
      log.error({ resource: resource.plural, namespace, name, err: error }, 'object cannot be read');
      metrics?.decodeError(resource.plural);
      return this.store.get(object.metadata);
    }
  }

  private recover(error: unknown, answered: boolean): number {
    const { absentOk, absentRetryMs, log, resource } = this.options;
    this.failures += 1;
    if (absentOk && isNotFound(error)) return this.absent(absentRetryMs);
    const refused = error instanceof ApiError;
    if (refused && error.status === 410) this.forget('expired');
    else if ((refused || answered) && this.failures >= failuresBeforeRelist) this.forget('broken');
    const pauseMs = Math.max(this.pauseAfter(this.failures), refused ? (error.retryAfterMs ?? 0) : 0);
    const fields = {
      resource: resource.plural,
      scope: this.scope,
      failures: this.failures,
      pauseMs,
      err: error,
    };
    log.warn(fields, 'watch interrupted');
    return pauseMs;
  }

  private absent(retryMs: number): number {
    this.heard();
    this.forget('start');
    const holds = this.store.list(this.scope).length > 0;
    if (++this.absences < absencesBeforeEmpty && holds) return this.pauseAfter(this.absences);
    this.store.replace(this.scope, [], undefined);
    this.synced();
    return retryMs;
  }

  private passed(version: string | undefined): void {
    this.heard();
    this.failures = 0;
    this.progressed = true;
    this.store.advance(this.scope, version);
    this.version = this.store.seenUpTo(this.scope);
  }

  private forget(reason: 'start' | 'expired' | 'broken'): void {
    this.version = undefined;
    this.relistReason = reason;
  }

  private heard(): void {
    this.heardAt = this.options.monotonicNow();
  }

  private pauseAfter(failures: number): number {
    return backoffMs(this.options.backoff, failures, this.options.random);
  }

  private selection(): { namespace?: string; labelSelector?: string; fieldSelector?: string } {
    const { labelSelector, fieldSelector } = this.options;
    return {
      ...(this.scope === undefined ? {} : { namespace: this.scope }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }
}
