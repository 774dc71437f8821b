/** The catalogue of errors which the shell tells apart; everything else is a defect and is retried with back-off. */

/** The API server's refusal. `reason` is its machine-readable word (`Conflict`, `NotFound`, `Invalid`, …). */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    info: { status: number; reason?: string; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, info.cause === undefined ? undefined : { cause: info.cause });
    this.name = 'ApiError';
    this.status = info.status;
    this.reason = info.reason ?? '';
    this.retryAfterMs = info.retryAfterMs;
  }
}

/** Trying again cannot help until somebody changes the object: shown as a condition, not retried. */
export class TerminalError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = 'TerminalError';
    this.reason = reason;
  }
}

/** A dependency did not answer in a usable way; the queue tries again with back-off. */
export class TransientError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TransientError';
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409 && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409 && error.reason === 'AlreadyExists';
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
