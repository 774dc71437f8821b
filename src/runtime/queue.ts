/** The work queue: each key once, never twice at a time, again after failures, the urgent first. */
import { type Backoff, backoffMs, sleep } from './clock.ts';
import { ApiError, isConflict, TerminalError } from './errors.ts';
import type { Log } from './log.ts';
import type { Clock } from './port.ts';
import { type Priority, PrioritySet } from './priority-set.ts';

/** What a reconcile wants next: to run again after so many ms, or nothing until something changes. */
export interface ReconcileResult {
  readonly requeueAfterMs?: number;
  /** Of that next run; 1 when absent. */
  readonly priority?: Priority;
}

/** Durations are in seconds, as Prometheus has them. */
export interface QueueMetrics {
  depth(queue: string, waiting: number): void;
  added(queue: string): void;
  retried(queue: string): void;
  /** From being due to being started. */
  waited(queue: string, seconds: number): void;
  worked(queue: string, seconds: number, result: 'success' | 'error' | 'conflict'): void;
}

export interface WorkQueueOptions {
  readonly name: string;
  /** Called for one key at a time; what it throws delays this key and no other. */
  readonly reconcile: (key: string) => Promise<ReconcileResult>;
  /** How many keys may run at once. */
  readonly workers: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: QueueMetrics;
  /** Between the failures of a key; 100 ms to 30 s when absent. */
  readonly backoff?: Backoff;
  readonly random?: () => number;
}

/** Conflicts are a lost race, not a fault: again almost at once, yet no hot loop when a cache never catches up. */
const conflictBackoff: Backoff = { baseMs: 20, capMs: 2_000 };

/** A key that changed while its run failed may have been mended: it need not sit out a long back-off. */
const changedRetryMs = 1_000;

const changed: Priority = 1;

interface Later {
  readonly at: number;
  priority: Priority;
  readonly cancel: () => void;
}

interface Running {
  readonly startedAt: number;
  readonly priority: Priority;
  /** Set when the key was added while it ran: it runs once more. */
  again: Priority | undefined;
}

export class WorkQueue {
  private readonly options: WorkQueueOptions;
  private readonly backoff: Backoff;
  private readonly random: () => number;
  private readonly waiting = new PrioritySet();
  private readonly dueAt = new Map<string, number>();
  private readonly later = new Map<string, Later>();
  private readonly running = new Map<string, Running>();
  private readonly failures = new Map<string, number>();
  private readonly conflicts = new Map<string, number>();
  private state: 'new' | 'open' | 'draining' = 'new';
  private idle: (() => void) | undefined;

  constructor(options: WorkQueueOptions) {
    this.options = options;
    this.backoff = options.backoff ?? { baseMs: 100, capMs: 30_000 };
    this.random = options.random ?? Math.random;
  }

  /** Begins to work; keys may be added before. */
  start(): void {
    if (this.state !== 'new') return;
    this.state = 'open';
    this.pump();
  }

  /**
   * Runs the key as soon as a worker is free, those of a higher priority first: 2 failing runs, 1 changes (the
   * default), 0 resync. A key that runs already runs once more afterwards.
   */
  add(key: string, options: { priority?: Priority } = {}): void {
    if (this.state === 'draining') return;
    const priority = options.priority ?? changed;
    this.options.metrics?.added(this.options.name);
    const running = this.running.get(key);
    if (running !== undefined) {
      running.again = Math.max(priority, running.again ?? priority);
      return;
    }
    if (!this.waiting.has(key)) this.dueAt.set(key, this.options.clock.now());
    this.waiting.add(key, priority);
    this.told();
    this.pump();
  }

  /** Runs the key once within `ms` from now; of several such wishes the earliest wins. */
  addAfter(key: string, ms: number, options: { priority?: Priority } = {}): void {
    if (this.state === 'draining') return;
    const priority = options.priority ?? changed;
    // A wait that is no number must neither spin nor be lost.
    const waitMs = Number.isFinite(ms) ? Math.max(0, ms) : this.backoff.capMs;
    const at = this.options.clock.now() + waitMs;
    const known = this.later.get(key);
    if (known !== undefined && known.at <= at) {
      known.priority = Math.max(known.priority, priority);
      return;
    }
    known?.cancel();
    const cancel = this.options.clock.after(waitMs, () => {
      this.later.delete(key);
      this.add(key, { priority: later.priority });
    });
    const later: Later = { at, priority: Math.max(priority, known?.priority ?? priority), cancel };
    this.later.set(key, later);
  }

  /** How many keys wait for a worker. */
  get depth(): number {
    return this.waiting.size;
  }

  /** For how long the slowest reconcile has been running, ms; 0 when none runs. */
  longestRunMs(): number {
    const now = this.options.clock.now();
    let longest = 0;
    for (const { startedAt } of this.running.values()) longest = Math.max(longest, now - startedAt);
    return longest;
  }

  /** Sum of the ages of all running reconciles, ms. */
  unfinishedMs(): number {
    const now = this.options.clock.now();
    let sum = 0;
    for (const { startedAt } of this.running.values()) sum += Math.max(0, now - startedAt);
    return sum;
  }

  /** Starts nothing more and waits for what runs; answers whether all of it ended within `timeoutMs`. */
  async drain(timeoutMs: number): Promise<boolean> {
    this.state = 'draining';
    for (const { cancel } of this.later.values()) cancel();
    this.later.clear();
    this.waiting.clear();
    this.told();
    if (this.running.size === 0) return true;
    const timeout = new AbortController();
    const idle = new Promise<void>(resolve => {
      this.idle = resolve;
    });
    await Promise.race([idle, sleep(this.options.clock, timeoutMs, timeout.signal)]);
    timeout.abort();
    return this.running.size === 0;
  }

  private pump(): void {
    while (this.state === 'open' && this.running.size < this.options.workers) {
      const next = this.waiting.take();
      if (next === undefined) return;
      this.told();
      void this.run(next.key, next.priority);
    }
  }

  private async run(key: string, priority: Priority): Promise<void> {
    const { clock, metrics, name, reconcile } = this.options;
    const startedAt = clock.now();
    metrics?.waited(name, Math.max(0, startedAt - (this.dueAt.get(key) ?? startedAt)) / 1_000);
    this.dueAt.delete(key);
    // This run answers every wish for a later one: its result says when the next is needed.
    this.later.get(key)?.cancel();
    this.later.delete(key);
    const running: Running = { startedAt, priority, again: undefined };
    this.running.set(key, running);
    let finish: () => void;
    let result: 'success' | 'error' | 'conflict' = 'success';
    try {
      const next = await reconcile(key);
      finish = () => this.succeeded(key, next);
    } catch (error) {
      result = isConflict(error) ? 'conflict' : 'error';
      finish = () => this.failed(key, running, error);
    }
    metrics?.worked(name, Math.max(0, clock.now() - startedAt) / 1_000, result);
    this.running.delete(key);
    finish();
    if (running.again !== undefined && result !== 'error') this.add(key, { priority: running.again });
    if (this.running.size === 0) this.idle?.();
    this.pump();
  }

  private succeeded(key: string, { requeueAfterMs, priority }: ReconcileResult): void {
    this.failures.delete(key);
    this.conflicts.delete(key);
    if (requeueAfterMs !== undefined)
      this.addAfter(key, requeueAfterMs, priority === undefined ? {} : { priority });
  }

  private failed(key: string, running: Running, error: unknown): void {
    const { log, metrics, name } = this.options;
    if (error instanceof TerminalError) {
      // Only a change of the object can help, and it may have come while this ran.
      this.failures.delete(key);
      this.conflicts.delete(key);
      log.warn({ queue: name, key, err: error }, 'reconcile refused');
      if (running.again !== undefined) this.add(key, { priority: running.again });
      return;
    }
    const priority = Math.max(running.priority, running.again ?? 0);
    metrics?.retried(name);
    if (isConflict(error)) {
      const conflicts = (this.conflicts.get(key) ?? 0) + 1;
      this.conflicts.set(key, conflicts);
      log.debug({ queue: name, key, conflicts }, 'reconcile conflicted');
      this.addAfter(key, backoffMs(conflictBackoff, conflicts, this.random), { priority });
      return;
    }
    const failures = (this.failures.get(key) ?? 0) + 1;
    this.failures.set(key, failures);
    const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    const ownMs = backoffMs(this.backoff, failures, this.random);
    const retryInMs = Math.max(asked, running.again === undefined ? ownMs : Math.min(changedRetryMs, ownMs));
    log.error({ queue: name, key, failures, retryInMs, err: error }, 'reconcile failed');
    this.addAfter(key, retryInMs, { priority });
  }

  private told(): void {
    this.options.metrics?.depth(this.options.name, this.waiting.size);
  }
}
