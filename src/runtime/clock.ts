/** The real clock, and the jittered exponential back-off that everything which retries shares. */
import type { Clock } from './port.ts';

/** setTimeout overflows above this and would call at once, so a longer wait is taken in hops. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = { now: () => Date.now(), after };

/** Milliseconds which no clock change can move; meaningful only as differences within this process. */
export function monotonicNow(): number {
  return performance.now();
}

function after(ms: number, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  function hop(left: number): void {
    timer =
      left > longestTimerMs
        ? setTimeout(() => hop(left - longestTimerMs), longestTimerMs)
        : setTimeout(call, Math.max(0, left));
  }
  hop(ms);
  return () => clearTimeout(timer);
}

/** Resolves after `ms`, or as soon as `signal` aborts; never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted === true) return resolve();
    function woken(): void {
      cancel();
      signal?.removeEventListener('abort', woken);
      resolve();
    }
    const cancel = clock.after(ms, woken);
    signal?.addEventListener('abort', woken);
  });
}

export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/** The wait before attempt `failures + 1`: between half and the whole of base·2^(failures−1), never above the cap. */
export function backoffMs(backoff: Backoff, failures: number, random: () => number = Math.random): number {
  const whole = Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return whole * (0.5 + random() / 2);
}
