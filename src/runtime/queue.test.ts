import { describe, expect, it } from 'vitest';
import { ApiError, TerminalError } from './errors.ts';
import { silentLog } from './log.ts';
import { ManualClock } from './manual-clock.ts';
import { type QueueMetrics, type ReconcileResult, WorkQueue, type WorkQueueOptions } from './queue.ts';

function setUp(
  reconcile: (key: string, run: number) => Promise<ReconcileResult> | ReconcileResult = () => ({}),
  options: Partial<WorkQueueOptions> = {},
) {
  const clock = new ManualClock(0);
  const runs: string[] = [];
  const counts = new Map<string, number>();
  const queue = new WorkQueue({
    name: 'test',
    workers: 1,
    clock,
    log: silentLog,
    random: () => 1,
    reconcile: async key => {
      const run = (counts.get(key) ?? 0) + 1;
      counts.set(key, run);
      runs.push(`${key}@${clock.now()}`);
      return reconcile(key, run);
    },
    ...options,
  });
  return { clock, runs, queue };
}

/** A reconcile that ends when the test says so. */
function gate() {
  const open: (() => void)[] = [];
  return {
    wait: () => new Promise<ReconcileResult>(resolve => open.push(() => resolve({}))),
    open: () => open.shift()?.(),
  };
}

describe('the work queue', () => {
  it('holds each key once and starts only when told', async () => {
    const { clock, runs, queue } = setUp();
    for (let n = 0; n < 2_000; n++) queue.add('a');
    queue.add('b');
    expect([runs, queue.depth]).toEqual([[], 2]);
    queue.start();
    await clock.advance(0);
    expect(runs).toEqual(['a@0', 'b@0']);
  });

  it('never runs a key twice at a time; a change meanwhile runs it once more', async () => {
    const { wait, open } = gate();
    const { clock, runs, queue } = setUp(wait, { workers: 4 });
    queue.start();
    queue.add('a');
    queue.add('a');
    queue.add('a', { priority: 2 });
    await clock.advance(0);
    expect(runs).toHaveLength(1);
    open();
    await clock.advance(0);
    expect(runs).toHaveLength(2);
    open();
    await clock.advance(0);
    expect(runs).toHaveLength(2);
  });

  it('never overlaps a key under random load, and runs each key after its last change', async () => {
    const seed = Math.floor(Math.random() * 1e9);
    const random = mulberry(seed);
    const clock = new ManualClock(0);
    const active = new Set<string>();
    const changedAt = new Map<string, number>();
    const ranAt = new Map<string, number>();
    let overlaps = 0;
    let most = 0;
    const queue = new WorkQueue({
      name: 'test',
      workers: 3,
      clock,
      log: silentLog,
      random,
      reconcile: async key => {
        if (active.has(key)) overlaps += 1;
        active.add(key);
        most = Math.max(most, active.size);
        ranAt.set(key, clock.now());
        await new Promise<void>(resolve => void clock.after(random() * 50, resolve));
        active.delete(key);
        const dice = random();
        if (dice < 0.2) throw new Error('fault');
        if (dice < 0.4) throw new ApiError('c', { status: 409, reason: 'Conflict' });
        return dice < 0.5 ? { requeueAfterMs: random() * 100 } : {};
      },
    });
    queue.start();
    for (let n = 0; n < 500; n++) {
      const key = `k${Math.floor(random() * 7)}`;
      changedAt.set(key, clock.now());
      if (random() < 0.3) queue.addAfter(key, random() * 30);
      else queue.add(key, { priority: Math.floor(random() * 3) });
      if (random() < 0.5) await clock.advance(random() * 20);
    }
    await clock.advance(600_000);
    const lost = [...changedAt].filter(([key, at]) => (ranAt.get(key) ?? -1) < at);
    expect({ seed, overlaps, lost, most, depth: queue.depth }).toEqual({
      seed,
      overlaps: 0,
      lost: [],
      most: 3,
      depth: 0,
    });
  });

  it('takes the urgent first', async () => {
    const { clock, runs, queue } = setUp();
    queue.add('resync', { priority: 0 });
    queue.add('change');
    queue.add('failing', { priority: 2 });
    queue.start();
    await clock.advance(0);
    expect(runs).toEqual(['failing@0', 'change@0', 'resync@0']);
  });

  it('runs again when the result says so, and holds no timer otherwise', async () => {
    const { clock, runs, queue } = setUp((_key, run) => (run === 1 ? { requeueAfterMs: 5_000 } : {}));
    queue.start();
    queue.add('a');
    await clock.advance(60_000);
    expect(runs).toEqual(['a@0', 'a@5000']);
    expect(clock.pending).toBe(0);
  });

  it('of several later wishes keeps the earliest, and a run in between answers them all', async () => {
    const { clock, runs, queue } = setUp();
    queue.start();
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 900);
    await clock.advance(1_000);
    expect(runs).toEqual(['a@100']);
    queue.addAfter('a', 500);
    queue.add('a');
    await clock.advance(1_000);
    expect(runs).toEqual(['a@100', 'a@1000']);
  });

  it('neither spins nor forgets when a wait is not a number', async () => {
    const { clock, runs, queue } = setUp((_key, run) => (run === 1 ? { requeueAfterMs: Number.NaN } : {}));
    queue.start();
    queue.add('a');
    await clock.advance(60_000);
    expect(runs).toEqual(['a@0', 'a@30000']);
  });
});

describe('failures', () => {
  it('FL-4: a failed reconcile is tried again with growing pauses until it succeeds, which resets them', async () => {
    const { clock, runs, queue } = setUp((_key, run) => {
      if (run <= 4 || run === 6) throw new Error('API error');
      return {};
    });
    queue.start();
    queue.add('a');
    await clock.advance(10_000);
    expect(runs).toEqual(['a@0', 'a@100', 'a@300', 'a@700', 'a@1500']);
    queue.add('a');
    await clock.advance(10_000);
    expect(runs.slice(5)).toEqual(['a@10000', 'a@10100']);
  });

  it('caps the pause', async () => {
    const { clock, runs, queue } = setUp(() => Promise.reject(new Error('down')), {
      backoff: { baseMs: 100, capMs: 400 },
    });
    queue.start();
    queue.add('a');
    await clock.advance(1_500);
    expect(runs).toEqual(['a@0', 'a@100', 'a@300', 'a@700', 'a@1100', 'a@1500']);
  });

  it('delays the failing key alone', async () => {
    const { clock, runs, queue } = setUp(key => {
      if (key === 'bad') throw new Error('poison');
      return {};
    });
    queue.start();
    for (const key of ['bad', 'good', 'better']) queue.add(key);
    await clock.advance(0);
    expect(runs).toEqual(['bad@0', 'good@0', 'better@0']);
  });

  it('honours Retry-After', async () => {
    const { clock, runs, queue } = setUp((_key, run) => {
      if (run === 1) throw new ApiError('busy', { status: 429, retryAfterMs: 7_000 });
      return {};
    });
    queue.start();
    queue.add('a');
    await clock.advance(6_999);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    expect(runs).toEqual(['a@0', 'a@7000']);
  });

  it('repeats conflicts almost at once without growing the pause of real failures', async () => {
    const { clock, runs, queue } = setUp((_key, run) => {
      if (run <= 3) throw new ApiError('moved', { status: 409, reason: 'Conflict' });
      if (run === 4) throw new Error('down');
      return {};
    });
    queue.start();
    queue.add('a');
    await clock.advance(1_000);
    expect(runs).toEqual(['a@0', 'a@20', 'a@60', 'a@140', 'a@240']);
  });

  it('does not repeat what only a change of the object can mend, but a change meanwhile counts', async () => {
    const { wait, open } = gate();
    const { clock, runs, queue } = setUp(async (_key, run) => {
      if (run === 2) await wait();
      throw new TerminalError('Invalid', 'bad spec');
    });
    queue.start();
    queue.add('a');
    await clock.advance(60_000);
    expect(runs).toHaveLength(1);
    queue.add('a');
    await clock.advance(0);
    queue.add('a');
    open();
    await clock.advance(60_000);
    expect(runs).toHaveLength(3);
  });

  it('does not make a change that came during a failing run wait for the whole pause', async () => {
    const { clock, runs, queue } = setUp(
      (key, run) => {
        if (run === 2) queue.add(key);
        if (run <= 2) throw new Error('down');
        return {};
      },
      { backoff: { baseMs: 20_000, capMs: 30_000 } },
    );
    queue.start();
    queue.add('a');
    await clock.advance(60_000);
    expect(runs).toEqual(['a@0', 'a@20000', 'a@21000']);
  });

  it('survives whatever a handler throws', async () => {
    const thrown: unknown[] = [undefined, null, 'text', { status: 409 }];
    const { clock, runs, queue } = setUp((_key, run) => {
      // oxlint-disable-next-line typescript/only-throw-error -- the point of the test
      if (run <= thrown.length) throw thrown[run - 1];
      return {};
    });
    queue.start();
    queue.add('a');
    await clock.advance(60_000);
    expect(runs).toHaveLength(5);
  });
});

describe('draining', () => {
  it('starts nothing more, waits for what runs, and leaves no timer', async () => {
    const { wait, open } = gate();
    const { clock, runs, queue } = setUp(wait);
    queue.start();
    for (const key of ['a', 'b']) queue.add(key);
    queue.addAfter('c', 10);
    await clock.advance(0);
    const drained = queue.drain(1_000);
    open();
    expect(await drained).toBe(true);
    queue.add('d');
    await clock.advance(10_000);
    expect(runs).toEqual(['a@0']);
    expect(clock.pending).toBe(0);
  });

  it('gives up on what hangs', async () => {
    const { wait } = gate();
    const { clock, queue } = setUp(wait);
    queue.start();
    queue.add('a');
    await clock.advance(200);
    expect(queue.longestRunMs()).toBe(200);
    const drained = queue.drain(1_000);
    await clock.advance(1_000);
    expect(await drained).toBe(false);
  });
});

it('tells its metrics', async () => {
  const told: string[] = [];
  const metrics: QueueMetrics = {
    depth: (_name, waiting) => void told.push(`depth ${waiting}`),
    added: () => void told.push('added'),
    retried: () => void told.push('retried'),
    waited: (_name, seconds) => void told.push(`waited ${seconds}`),
    worked: (_name, seconds, result) => void told.push(`worked ${seconds} ${result}`),
  };
  const { clock, queue } = setUp(
    (_key, run) => {
      if (run === 1) throw new Error('x');
      return {};
    },
    { metrics },
  );
  queue.add('a');
  await clock.advance(3_000);
  queue.start();
  await clock.advance(100);
  expect(told).toEqual([
    'added',
    'depth 1',
    'depth 0',
    'waited 3',
    'worked 0 error',
    'retried',
    'added',
    'depth 1',
    'depth 0',
    'waited 0',
    'worked 0 success',
  ]);
});

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
