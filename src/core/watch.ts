/** The clocks of the watch over what was promoted. */
import type { Context, Event } from './machine.ts';

type Watch = Pick<Context, 'watchUntil' | 'watchAt' | 'watchFailures'>;

interface Happening {
  readonly context: Context;
  readonly event: Event;
}

export const unwatched: Watch = { watchUntil: 0, watchAt: 0, watchFailures: 0 };

/** From a promotion on, where the plan asks for it. */
export function watchFrom({ context, event }: Happening): Watch {
  const { forMs } = context.plan.watch;
  if (forMs === 0) return unwatched;
  return { watchUntil: event.now + forMs, watchAt: nextWatch({ context, event }), watchFailures: 0 };
}

/** When the next check is due, ms since the epoch. */
export function nextWatch({ context, event }: Happening): number {
  return event.now + context.plan.watch.intervalMs;
}
