/** Refusals: a write that will not do until somebody acts has its reason in the Canary's status, not in the log alone. */
import type { Problem } from '../core/input.ts';
import { ApiError, TerminalError } from '../runtime/errors.ts';
import type { World } from './observe.ts';

const refusals: ReadonlySet<number> = new Set([400, 403, 413, 422]);

/** The world with the reason as its problem, unless it has one of its own. Throws an error that is no refusal. */
export function refusedIn(world: World, error: unknown): World {
  const problem = world.input.problem ?? problemOf(error);
  if (problem === undefined || problemOf(error) === undefined) throw error;
  return { ...world, input: { ...world.input, problem } };
}

function problemOf(error: unknown): Problem | undefined {
  if (error instanceof TerminalError) return { reason: error.reason, message: error.message };
  if (!(error instanceof ApiError) || !refusals.has(error.status)) return undefined;
  return { reason: 'WriteRefused', message: `The API server refuses a write: ${error.message}` };
}
