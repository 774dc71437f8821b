/** Where a Slack provider's messages go: the Web API with a bot token, or an incoming webhook. */
import { NotifyError } from './errors.ts';
import type { ProviderAccess } from './port.ts';

export interface Bot {
  readonly kind: 'bot';
  /** The Web API's address without the method. */
  readonly base: string;
  readonly token: string;
}

export type Endpoint =
  | Bot
  /** The whole URL is the secret. */
  | { readonly kind: 'webhook'; readonly url: string };

const defaultBase = 'https://slack.com/api';

/** The Secret's address wins over the spec's, as in Flagger. Throws NotifyError `Invalid`. */
export function endpointOf(provider: ProviderAccess): Endpoint {
  const address = secretText(provider, 'address') ?? nonEmpty(provider.address);
  const token = secretText(provider, 'token');
  const url = address === undefined ? undefined : parseAddress(address);
  if (url !== undefined && (token === undefined || isWebhook(url))) {
    if (!isWebhook(url) && /^slack(-gov)?\.com$/u.test(url.hostname)) {
      throw invalid('the Web API needs a bot token: the Secret has no key `token`');
    }
    return { kind: 'webhook', url: url.href };
  }
  if (token === undefined) {
    throw invalid(
      'neither a bot token (Secret key `token`) nor a webhook (Secret key or field `address`) is given',
    );
  }
  // A line break or a blank would end the header, and the client's complaint would quote it.
  if (!/^[\u0021-\u007e]+$/u.test(token)) {
    throw invalid('the Secret’s `token` holds characters that no token has');
  }
  return { kind: 'bot', base: url === undefined ? defaultBase : baseOf(url), token };
}

function secretText(provider: ProviderAccess, key: string): string | undefined {
  return nonEmpty(provider.secret?.[key]?.toString('utf8'));
}

/** Secrets made from files end with a line feed. */
function nonEmpty(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function parseAddress(address: string): URL {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/u.test(url.protocol)) {
    throw invalid('the address is not an http(s) URL');
  }
  return url;
}

/** Flagger's manifests may give a token beside a webhook's URL; the Web API does not live on that host. */
function isWebhook(url: URL): boolean {
  return /^hooks\.slack(-gov)?\.com$/u.test(url.hostname);
}

/** Flagger's docs name the method itself as the address of a bot. */
function baseOf(url: URL): string {
  return `${url.origin}${url.pathname}`.replace(/\/+$/u, '').replace(/\/chat\.postMessage$/u, '');
}

function invalid(text: string): NotifyError {
  return new NotifyError(`Slack: ${text}`, { code: 'Invalid', transient: false });
}
