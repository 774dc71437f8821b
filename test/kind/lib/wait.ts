/** Bounded waiting: tries until it answers, and says what was last seen when it never does. */
import { setTimeout as sleep } from 'node:timers/promises';

export type WaitOptions = { timeoutMs?: number; everyMs?: number };

/** `probe` answers `undefined` (or throws) for "not yet". */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  { timeoutMs = 30_000, everyMs = 200 }: WaitOptions = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last = 'no answer yet';
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
    } catch (error) {
      if (error instanceof FatalWait) throw error;
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() >= deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s; last: ${last}`);
    await sleep(everyMs);
  }
}

/** Thrown by a probe which knows that waiting longer is of no use. */
export class FatalWait extends Error {}
