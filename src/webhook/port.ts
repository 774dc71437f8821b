/** The port to webhooks that judge a canary. */

/** The body, as Flagger's webhooks have it. */
export interface WebhookPayload {
  /** Of the Canary. */
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  /** The revision that is judged. */
  readonly checksum: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface WebhookRequest {
  readonly url: string;
  /** From the call to the last byte of the answer, ms. */
  readonly timeoutMs: number;
  readonly payload: WebhookPayload;
}

export type WebhookAnswer =
  /** Whatever the status, but for redirects; `text` is the beginning of the body, for people. */
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  /** Nobody answered, or with a redirect; `why` holds no secret. */
  | { readonly kind: 'error'; readonly why: string };

export interface Webhooks {
  /** Never rejects. */
  ask(request: WebhookRequest): Promise<WebhookAnswer>;
}
