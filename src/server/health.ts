/** Health: whether the loop turns and the watches are heard; a process that only answers is not alive. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Watch {
  readonly resource: { readonly plural: string };
  readonly synced: boolean;
  /** When it was last heard, monotonic ms. */
  readonly lastEventAt: number;
}

export interface HealthOptions {
  readonly watches: readonly Watch[];
  readonly monotonicNow: () => number;
  /** How long the slowest pass in hand has been running, ms. */
  readonly longestRunMs: () => number;
  readonly onLag?: (seconds: number) => void;
  /** How late the event loop may have been since the last probe, ms; 5 s when absent. */
  readonly lagLimitMs?: number;
}

export interface Health {
  /** What is wrong, one line each; empty when alive. */
  live(): readonly string[];
  /** What is not there yet; empty when ready. */
  ready(): readonly string[];
  stop(): void;
}

/** Bookmarks come about every minute; so long a silence means a watch that will never wake by itself. */
const silentMs = 600_000;
/** Every request has a time limit well below; a pass that lasts longer will never end. */
const stuckMs = 600_000;

export function createHealth(options: HealthOptions): Health {
  const { watches, monotonicNow, longestRunMs, onLag, lagLimitMs = 5_000 } = options;
  const delay = monitorEventLoopDelay({ resolution: 50 });
  delay.enable();
  return {
    live() {
      const worst = delay.max / 1e6;
      delay.reset();
      onLag?.(worst / 1_000);
      const now = monotonicNow();
      const silent = watches.filter(watch => watch.synced && now - watch.lastEventAt > silentMs);
      return [
        ...(worst > lagLimitMs ? [`the event loop was late by ${Math.round(worst)} ms`] : []),
        ...(longestRunMs() > stuckMs
          ? [`a pass has been running for ${Math.round(longestRunMs() / 1_000)} s`]
          : []),
        ...silent.map(
          watch =>
            `the watch on ${watch.resource.plural} has not been heard for ${Math.round((now - watch.lastEventAt) / 1_000)} s`,
        ),
      ];
    },
    ready: () =>
      watches.filter(watch => !watch.synced).map(watch => `${watch.resource.plural} are not listed yet`),
    stop: () => delay.disable(),
  };
}
