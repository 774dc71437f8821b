/** Holding a run that has no verdict, and ending it only where the Canary says so. */
import type { Decision } from './decision.ts';
import { formatDuration } from './duration.ts';
import type { Input } from './input.ts';
import type { UndecidedKind } from './plan.ts';

/** `quiet`: nothing is wrong, there is only too little to go on yet. */
export function undecided(
  input: Input,
  kind: UndecidedKind,
  reason: string,
  why: string,
  quiet = false,
): Decision {
  const { now } = input;
  const { context } = input.state;
  const rule = context.plan.undecided[kind];
  const since = context.undecidedSince > 0 ? context.undecidedSince : now;
  const event = { type: 'undecided' as const, now, kind, ...(quiet ? { quiet } : {}) };
  if (now - since < rule.timeLimitMs) return { event, reason, message: `${why}. The run holds.` };
  const limit = formatDuration(rule.timeLimitMs);
  if (rule.policy === 'Hold') {
    return {
      event,
      reason: `${reason}TimeLimit`,
      message: `${why}. The run has held for more than ${limit} and needs a person.`,
      overdue: true,
    };
  }
  return {
    event: { type: 'gaveUp', now },
    reason: `${reason}TimeLimit`,
    message: `${why}. No verdict within ${limit}, so the traffic went back; Git was left alone.`,
    inconclusive: true,
  };
}
