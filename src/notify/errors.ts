/** How a notification fails, in words the outbox can act on; no message holds a token, a webhook's path or an answer's body. */
import type { ThreadState } from './port.ts';

export type NotifyErrorCode =
  | 'AuthenticationFailed'
  | 'ChannelMissing'
  | 'RateLimited'
  | 'Rejected'
  | 'Unreachable'
  | 'Invalid';

/** What a NotifyError carries beside its message. */
export interface NotifyErrorInfo {
  readonly code: NotifyErrorCode;
  /** Trying the same message again may succeed without anybody changing anything. */
  readonly transient: boolean;
  /** The provider's own wish for the next attempt. */
  readonly retryAfterMs?: number;
  /** The part that was delivered before the failure. */
  readonly thread?: ThreadState;
}

/** The rejection of `Notifier.send`. It never has a `cause`: an HTTP client's error prints the token. */
export class NotifyError extends Error {
  readonly code: NotifyErrorCode;
  readonly transient: boolean;
  readonly retryAfterMs: number | undefined;
  /** Keep it in status where present; without it the next attempt posts the run's message a second time. */
  readonly thread: ThreadState | undefined;

  constructor(message: string, info: NotifyErrorInfo) {
    super(message);
    this.name = 'NotifyError';
    this.code = info.code;
    this.transient = info.transient;
    this.retryAfterMs = info.retryAfterMs;
    this.thread = info.thread;
  }
}
