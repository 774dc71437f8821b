/** Leader election on a Lease: at most one replica acts, and it stops before another may start. */
import { monotonicNow } from './clock.ts';
import { isAlreadyExists, isConflict } from './errors.ts';
import { Leases, LeaseView, leaseSpec } from './lease.ts';
import type { Log } from './log.ts';
import type { Clock, KubeClient, KubeObject } from './port.ts';

export interface LeaderTimings {
  /** How long others wait after the last renewal they saw, ms. */
  readonly leaseDurationMs: number;
  /** How long the leader goes on without a renewal, ms; below leaseDurationMs. */
  readonly renewDeadlineMs: number;
  /** Between attempts, ms. */
  readonly retryPeriodMs: number;
}

const defaultTimings: LeaderTimings = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
};

export interface LeaderOptions {
  /**
   * Not fenced by this very election, and with a request timeout of half the renewal deadline at most: one hung
   * request must not cost the leadership.
   */
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Unique for each process, also after a restart. */
  readonly identity: string;
  readonly timings?: LeaderTimings;
  readonly clock: Clock;
  readonly log: Log;
  readonly onStarted: () => void;
  /** Leadership is gone: nothing may be written any more. */
  readonly onStopped: (reason: string) => void;
  readonly onStatus?: (leading: boolean) => void;
  readonly monotonicNow?: () => number;
  readonly random?: () => number;
}

/**
 * Nobody's clock is trusted: whether a lease expired is told by how long this process saw no change in it. The
 * leader counts its time from before it sent a renewal, the others from after they saw it, so that the leader
 * always gives up first.
 */
export class LeaderElection {
  private readonly options: LeaderOptions;
  private readonly timings: LeaderTimings;
  private readonly now: () => number;
  private leading = false;
  private renewedAt = Number.NEGATIVE_INFINITY;
  /** The lease as last seen, and when it was first seen so. */
  private seen: { readonly mark: string; readonly at: number } | undefined;
  private cancelDeadline: (() => void) | undefined;
  private cancelNext: (() => void) | undefined;
  private attempt: Promise<void> | undefined;
  private state: 'new' | 'running' | 'stopped' = 'new';

  constructor(options: LeaderOptions) {
    this.options = options;
    this.timings = options.timings ?? defaultTimings;
    this.now = options.monotonicNow ?? monotonicNow;
  }

  /** Begins to campaign, and goes on after a loss. */
  start(): void {
    if (this.state !== 'new') return;
    this.state = 'running';
    this.options.onStatus?.(false);
    this.campaign();
  }

  /** True only within the renewal deadline, even when timers did not fire because the process was frozen. */
  isLeader(): boolean {
    return this.leading && this.now() - this.renewedAt < this.timings.renewDeadlineMs;
  }

  /**
   * Resigns and gives the lease back, so that a successor need not wait for it to expire. Finish the work first:
   * another replica may begin at once. Never rejects.
   */
  async stop(): Promise<void> {
    const begun = this.state === 'running';
    this.state = 'stopped';
    this.cancelNext?.();
    if (!begun) return;
    await this.attempt;
    const held = this.leading;
    this.resign('stopped');
    if (held) await this.release();
  }

  private campaign(): void {
    this.attempt = this.tryOnce().finally(() => {
      if (this.state !== 'running') return;
      // Standbys that poll in step would also collide in step.
      const jitter = this.leading ? 1 : 1 + (this.options.random ?? Math.random)() * 0.2;
      this.cancelNext = this.options.clock.after(this.timings.retryPeriodMs * jitter, () => this.campaign());
    });
  }

  private async tryOnce(): Promise<void> {
    const { log } = this.options;
    const startedAt = this.now();
    try {
      if (await this.acquire(startedAt)) this.won(startedAt);
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return;
      log.warn({ err: error, leading: this.leading }, 'lease could not be renewed or taken');
    }
  }

  /** One conditional write at most; answers whether the lease is ours now. */
  private async acquire(startedAt: number): Promise<boolean> {
    const { client, namespace, name, identity, clock } = this.options;
    const key = { namespace, name };
    const found = await client.get(Leases, key);
    const fresh = { identity, now: clock.now(), leaseDurationMs: this.timings.leaseDurationMs };
    if (found === undefined) {
      if (this.leading) this.resign('the lease was deleted');
      const metadata = { namespace, name };
      await client.create<KubeObject>(Leases, { metadata, spec: leaseSpec({ ...fresh, transitions: 0 }) });
      return true;
    }
    const lease = LeaseView.parse(found);
    const mine = lease.spec.holderIdentity === identity;
    if (this.leading && !mine) this.resign(`the lease is held by ${lease.spec.holderIdentity ?? 'nobody'}`);
    if (!mine && !this.free(lease, startedAt)) return false;
    const spec = mine
      ? leaseSpec(fresh)
      : leaseSpec({ ...fresh, transitions: (lease.spec.leaseTransitions ?? 0) + 1 });
    const { resourceVersion } = lease.metadata;
    await client.patch(Leases, key, { metadata: { resourceVersion }, spec });
    return true;
  }

  /** Whether somebody else's lease may be taken: given back, or seen unchanged for its whole duration. */
  private free(lease: LeaseView, now: number): boolean {
    const { holderIdentity, leaseDurationSeconds = 0 } = lease.spec;
    if (holderIdentity === undefined || holderIdentity === null || holderIdentity === '') return true;
    const mark = `${lease.metadata.uid ?? ''}/${lease.metadata.resourceVersion}`;
    // Counted from now, after the answer arrived: the renewal seen in it may be as young as that.
    if (this.seen?.mark !== mark) this.seen = { mark, at: this.now() };
    const durationMs = Math.max(this.timings.leaseDurationMs, leaseDurationSeconds * 1_000);
    return now - this.seen.at >= durationMs;
  }

  private won(startedAt: number): void {
    // The answer may have come too late to be of use; the lease is ours and the next attempt renews it.
    const leftMs = this.timings.renewDeadlineMs - (this.now() - startedAt);
    if (leftMs <= 0 || this.state !== 'running') return;
    this.renewedAt = startedAt;
    this.cancelDeadline?.();
    this.cancelDeadline = this.options.clock.after(leftMs, () =>
      this.resign('the lease was not renewed in time'),
    );
    if (this.leading) return;
    this.leading = true;
    this.options.onStatus?.(true);
    this.options.log.info({ identity: this.options.identity }, 'leading');
    this.options.onStarted();
  }

  private resign(reason: string): void {
    this.cancelDeadline?.();
    if (!this.leading) return;
    this.leading = false;
    this.options.onStatus?.(false);
    this.options.log.warn({ identity: this.options.identity, reason }, 'no longer leading');
    this.options.onStopped(reason);
  }

  private async release(): Promise<void> {
    const { client, namespace, name, identity, log } = this.options;
    try {
      const found = await client.get(Leases, { namespace, name });
      if (found === undefined) return;
      const lease = LeaseView.parse(found);
      if (lease.spec.holderIdentity !== identity) return;
      const { resourceVersion } = lease.metadata;
      const spec = { holderIdentity: null, leaseDurationSeconds: 1 };
      await client.patch(Leases, { namespace, name }, { metadata: { resourceVersion }, spec });
    } catch (error) {
      log.warn({ err: error }, 'lease could not be given back');
    }
  }
}
