/** One time limit over a whole exchange, whatever it is made of. */
import { HttpError } from './error.ts';

export function timeoutError(origin: string, timeoutMs: number): HttpError {
  return new HttpError('timeout', `${origin}: no complete answer within ${timeoutMs / 1000} s`);
}

export interface Deadline {
  readonly signal: AbortSignal;
  expired(): boolean;
  clear(): void;
}

/** A signal that fires after `ms`, or with `outer`. axios' own timeout restarts with every byte, so a dripping server outlives it. */
export function withDeadline(ms: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort();
  }, ms);
  return {
    signal: outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]),
    expired: () => expired,
    clear: () => clearTimeout(timer),
  };
}
