/** Lets only so many queries run against one server at a time, so that a slow server is not made slower. */

export interface Limiter {
  /** Runs `work` when its turn comes; rejects with the signal's reason when that fires first, without running it. */
  run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

/** `most`: how many run at once for each key. */
export function createLimiter(most: number): Limiter {
  const lanes = new Map<string, Lane>();

  function turn(lane: Lane, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        lane.waiting.splice(lane.waiting.indexOf(give), 1);
        reject(signal.reason);
      };
      lane.waiting.push(give);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    async run(key, signal, work) {
      signal.throwIfAborted();
      const lane = lanes.get(key) ?? { running: 0, waiting: [] };
      lanes.set(key, lane);
      // A finished query hands its place on, so `running` does not move then.
      if (lane.running < most) lane.running += 1;
      else await turn(lane, signal);
      try {
        return await work();
      } finally {
        const next = lane.waiting.shift();
        if (next !== undefined) next();
        else lane.running -= 1;
        if (lane.running === 0) lanes.delete(key);
      }
    },
  };
}
