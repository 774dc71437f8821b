import { describe, expect, it, vi } from 'vitest';
import { backoffMs, sleep, systemClock } from './clock.ts';
import { ManualClock } from './manual-clock.ts';

describe('the back-off', () => {
  it('doubles from the base to the cap and stays between half and the whole', () => {
    const backoff = { baseMs: 100, capMs: 30_000 };
    expect([1, 2, 3, 9, 10, 500].map(n => backoffMs(backoff, n, () => 1))).toEqual([
      100, 200, 400, 25_600, 30_000, 30_000,
    ]);
    expect(backoffMs(backoff, 1, () => 0)).toBe(50);
    expect(backoffMs(backoff, 0, () => 1)).toBe(100);
  });
});

describe('the system clock', () => {
  it('does not fire a wait of more than 24.8 days at once, and can cancel it', () => {
    vi.useFakeTimers();
    try {
      let fired = 0;
      systemClock.after(30 * 86_400_000, () => fired++);
      const cancel = systemClock.after(30 * 86_400_000, () => (fired += 100));
      vi.advanceTimersByTime(29 * 86_400_000);
      expect(fired).toBe(0);
      cancel();
      vi.advanceTimersByTime(86_400_000);
      expect(fired).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the manual clock', () => {
  it('fires due timers in order and lets the promises behind them settle', async () => {
    const clock = new ManualClock(0);
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b@${clock.now()}`));
    void sleep(clock, 10).then(() => sleep(clock, 10).then(() => seen.push(`slept@${clock.now()}`)));
    clock.after(20, () => seen.push(`c@${clock.now()}`));
    await clock.advance(20);
    expect(seen).toEqual(['b@20', 'c@20', 'slept@20']);
    expect(clock.pending).toBe(0);
  });

  it('keeps the remaining time of timers when the wall clock jumps', async () => {
    const clock = new ManualClock(0);
    let fired = false;
    clock.after(100, () => (fired = true));
    clock.jump(3_600_000);
    await clock.advance(99);
    expect(fired).toBe(false);
    await clock.advance(1);
    expect(fired).toBe(true);
  });

  it('wakes a sleeper when its signal aborts', async () => {
    const clock = new ManualClock(0);
    const stop = new AbortController();
    const slept = sleep(clock, 1_000, stop.signal);
    stop.abort();
    await slept;
    expect(clock.pending).toBe(0);
  });
});
