/** How the command line ends: exit codes, which are part of its interface, and errors that name object, field and fix. */
import { HttpError } from '../http/error.ts';
import { ApiError, TerminalError, TransientError } from '../runtime/errors.ts';

export const exitCodes = {
  ok: 0,
  /** Something could not be read, reached or understood. */
  error: 1,
  usage: 2,
  /** A check fails now. */
  failing: 3,
  /** No check fails, but not every one could be decided. */
  undecided: 5,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command with its message. */
export class Failure extends Error {
  readonly code: ExitCode;

  constructor(message: string, code: ExitCode = exitCodes.error) {
    super(message);
    this.name = 'Failure';
    this.code = code;
  }
}

/** What went wrong, in a form for people; a defect keeps its own words. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ApiError) return new Failure(`${error.message}${hintFor(error.status)}`);
  if (error instanceof TransientError) {
    const cause = error.cause instanceof Error ? ` (${error.cause.message.slice(0, 200)})` : '';
    return new Failure(
      `${error.message}${cause}; is the cluster of this context up, and reachable from here?`,
    );
  }
  if (error instanceof TerminalError || error instanceof HttpError) return new Failure(error.message);
  return new Failure(`unexpected: ${error instanceof Error ? error.message : String(error)}`);
}

function hintFor(status: number): string {
  if (status === 401) return '; log in again, or choose another --context';
  return status === 403 ? '; ask for the right, or choose another --context' : '';
}
