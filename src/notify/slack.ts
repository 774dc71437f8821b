/** The notifier: chooses by the provider between Slack's Web API and an incoming webhook, directly or through a proxy. */
import { createAddressGuard } from '../http/address.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../http/client.ts';
import type { Log } from '../runtime/log.ts';
import { messageBlocks, messageText } from './blocks.ts';
import { NotifyError } from './errors.ts';
import type { Notifier, ProviderAccess, RunMessage, ThreadState } from './port.ts';
import { fromHttpError } from './slack-answer.ts';
import { callWebhook } from './slack-client.ts';
import { endpointOf } from './slack-endpoint.ts';
import { replySteps, showRoot } from './slack-thread.ts';

export interface NotifierOptions {
  /** Give `guard` to open addresses that are refused by default; without it loopback and metadata services are closed. */
  readonly http?: Partial<Omit<HttpClientOptions, 'proxy'>>;
  readonly log?: Pick<Log, 'info'>;
  /** Wall clock, ms; for `Retry-After` dates. */
  readonly now?: () => number;
}

/** Flagger's default. */
const defaultChannel = 'general';

/** Builds the notifier. It keeps no state: what must be remembered is the ThreadState in the Canary's status. */
export function createNotifier(options: NotifierOptions = {}): Notifier {
  const { log, now = Date.now } = options;
  const http: HttpClientOptions = {
    timeoutMs: 5_000,
    maxBytes: 262_144,
    ...options.http,
    guard: options.http?.guard ?? createAddressGuard({}),
  };
  const direct = createHttpClient(http, now);

  async function deliver(
    client: HttpClient,
    provider: ProviderAccess,
    message: RunMessage,
    thread: ThreadState | undefined,
  ): Promise<ThreadState | undefined> {
    const endpoint = endpointOf(provider);
    const { channel, username } = provider;
    const root = {
      text: messageText(message),
      blocks: messageBlocks(message),
      ...(username === undefined ? {} : { username }),
    };
    if (endpoint.kind === 'webhook') {
      const body = channel === undefined ? root : { ...root, channel };
      await callWebhook({ http: client, now }, endpoint.url, body);
      return undefined;
    }
    const deps = { http: client, now, bot: endpoint, ...(log === undefined ? {} : { log }) };
    const shown = await showRoot(deps, root, channel ?? defaultChannel, thread);
    return await replySteps(deps, message.steps, shown);
  }

  return {
    async send(provider, message, thread) {
      if (provider.type !== 'slack') {
        throw new NotifyError(
          `the provider type '${provider.type.slice(0, 40)}' is not supported; supported: slack`,
          { code: 'Invalid', transient: false },
        );
      }
      if (provider.proxy === undefined || provider.proxy === '') {
        return await deliver(direct, provider, message, thread);
      }
      const proxied = proxiedClient(http, provider.proxy, now);
      try {
        return await deliver(proxied, provider, message, thread);
      } finally {
        // Proxies are rare and tenants choose them: keeping a client for each would let them pile up.
        proxied.close();
      }
    },
  };
}

function proxiedClient(http: HttpClientOptions, proxy: string, now: () => number): HttpClient {
  try {
    return createHttpClient({ ...http, proxy }, now);
  } catch (error) {
    throw fromHttpError(error);
  }
}
