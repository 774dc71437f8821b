/** The notification port: what happened in a run, told to people. */

export type Severity = 'info' | 'warn' | 'error';

/** A run as the message shows it; every text is untrusted and is escaped by the adapter. */
export interface RunMessage {
  readonly severity: Severity;
  readonly canary: { readonly namespace: string; readonly name: string };
  readonly target: string;
  readonly cluster?: string;
  /** One line: "Rolled back podinfo". */
  readonly title: string;
  /** The "why", unchanged. */
  readonly text: string;
  readonly fromImages: readonly string[];
  readonly toImages: readonly string[];
  readonly weight?: number;
  readonly check?: { readonly name: string; readonly value: string; readonly limit: string };
  readonly commit?: { readonly id: string; readonly url?: string };
  readonly pullRequest?: { readonly number: number; readonly url: string };
  /** All steps so far, only ever appended to: the adapter posts those beyond `thread.steps` into the thread. */
  readonly steps: readonly { readonly at: number; readonly text: string }[];
}

/** What must be kept in status so that the message of a run is updated in place, also by the next operator process. */
export interface ThreadState {
  readonly channel: string;
  readonly ts: string;
  /** How many of the run's steps are in the thread. */
  readonly steps: number;
}

export interface ProviderAccess {
  readonly type: string;
  readonly address?: string;
  readonly channel?: string;
  readonly username?: string;
  readonly proxy?: string;
  /** Decoded Secret: `address` (wins over the field) and / or `token`; a token makes it a bot, else it is a webhook. */
  readonly secret?: Readonly<Record<string, Buffer>>;
}

/**
 * Sends or updates. Answers the state to keep for the next message of the same run; undefined from a webhook, which can
 * neither update nor thread: send it a run's start, end and errors only. Rejects with NotifyError (errors.ts: code,
 * transient or not, retryAfterMs, and `thread` to keep where a part was delivered); no message holds a secret.
 */
export interface Notifier {
  send(provider: ProviderAccess, message: RunMessage, thread?: ThreadState): Promise<ThreadState | undefined>;
}
