/** A clock that moves only when a test or the simulator moves it. */
import type { Clock } from './port.ts';

interface Timer {
  at: number;
  readonly order: number;
  readonly call: () => void;
}

/** Timers fire in order of their due time, then of their creation; never by themselves. */
export class ManualClock implements Clock {
  private time: number;
  private created = 0;
  private readonly timers = new Set<Timer>();

  constructor(startMs = Date.parse('2026-01-01T00:00:00Z')) {
    this.time = startMs;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    const timer: Timer = { at: this.time + Math.max(0, ms), order: this.created++, call };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** When the next timer is due, in ms since the epoch. */
  nextAt(): number | undefined {
    return this.next(Number.POSITIVE_INFINITY)?.at;
  }

  /** How many timers wait: an idle system has none. */
  get pending(): number {
    return this.timers.size;
  }

  /** Moves on by `ms`, firing what falls due, and lets promises settle after every timer. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await settle();
    for (let timer = this.next(until); timer !== undefined; timer = this.next(until)) {
      this.timers.delete(timer);
      this.time = Math.max(this.time, timer.at);
      timer.call();
      await settle();
    }
    this.time = until;
  }

  /** Changes the wall clock without firing anything, as NTP does; timers keep their remaining time. */
  jump(ms: number): void {
    this.time += ms;
    for (const timer of this.timers) timer.at += ms;
  }

  private next(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.at > until) continue;
      if (
        first === undefined ||
        timer.at < first.at ||
        (timer.at === first.at && timer.order < first.order)
      ) {
        first = timer;
      }
    }
    return first;
  }
}

/** One turn of the event loop lets every chain of already resolved promises run out. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
