/** Asks webhooks over HTTP: an address that a tenant wrote, so it is guarded, never followed elsewhere, and bounded in time and size. */
import type { AddressGuard } from '../http/address.ts';
import { createHttpClient, type HttpClient } from '../http/client.ts';
import { HttpError } from '../http/error.ts';
import type { Redactor } from '../runtime/redact.ts';
import type { WebhookAnswer, WebhookRequest, Webhooks } from './port.ts';

export interface WebhooksDeps {
  readonly guard: AddressGuard;
  readonly redactor: Redactor;
  /** Wall clock, ms. */
  readonly now: () => number;
}

const maxBytes = 64 * 1024;
/** Characters of an answer that are shown. */
const longestText = 100;
/** Time limits are counted in whole seconds, so that there are few clients. */
const longestSeconds = 30;

export function createWebhooks({ guard, redactor, now }: WebhooksDeps): Webhooks & { close(): void } {
  const clients = new Map<number, HttpClient>();

  function clientFor(timeoutMs: number): HttpClient {
    const seconds = Math.min(longestSeconds, Math.max(1, Math.ceil(timeoutMs / 1_000)));
    const client =
      clients.get(seconds) ?? createHttpClient({ guard, timeoutMs: seconds * 1_000, maxBytes }, now);
    clients.set(seconds, client);
    return client;
  }

  function presentable(body: unknown): string {
    const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
    const line = redactor.redact(text).replace(/\s+/gu, ' ').trim();
    return line.length > longestText ? `${Array.from(line).slice(0, longestText).join('')}…` : line;
  }

  async function ask({ url, timeoutMs, payload }: WebhookRequest): Promise<WebhookAnswer> {
    try {
      const { status, data } = await clientFor(timeoutMs).request({
        method: 'POST',
        url,
        data: payload,
        acceptStatus: () => true,
      });
      return { kind: 'answered', status, text: presentable(data) };
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const advice = error.kind === 'forbiddenAddress' ? " (ask the operator's admin)" : '';
      return { kind: 'error', why: `${error.message}${advice}` };
    }
  }

  return {
    ask,
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}
