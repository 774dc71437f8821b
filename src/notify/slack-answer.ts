/** What Slack's answers mean: its words and statuses as NotifyErrors, of an answer's body never more than a known word. */

import type { HttpResponse } from '../http/client.ts';
import { HttpError, parseRetryAfter } from '../http/error.ts';
import { NotifyError, type NotifyErrorCode } from './errors.ts';

type Meaning = readonly [code: NotifyErrorCode, transient: boolean];

const rejected: Meaning = ['Rejected', false];
const authentication: Meaning = ['AuthenticationFailed', false];
const channel: Meaning = ['ChannelMissing', false];
const trouble: Meaning = ['Unreachable', true];
const limited: Meaning = ['RateLimited', true];

/** Maps, because the words come from outside: a plain object would know `constructor` too. */
const meanings = new Map<string, Meaning>([
  ['invalid_auth', authentication],
  ['not_authed', authentication],
  ['account_inactive', authentication],
  ['token_revoked', authentication],
  ['token_expired', authentication],
  ['invalid_token', authentication],
  ['missing_scope', authentication],
  ['no_permission', authentication],
  ['not_allowed_token_type', authentication],
  ['access_denied', authentication],
  ['accesslimited', authentication],
  ['ekm_access_denied', authentication],
  ['org_login_required', authentication],
  ['two_factor_setup_required', authentication],
  ['action_prohibited', authentication],
  ['no_service', authentication],
  ['no_team', authentication],
  ['no_active_hooks', authentication],
  ['channel_not_found', channel],
  ['not_in_channel', channel],
  ['is_archived', channel],
  ['channel_is_archived', channel],
  ['ratelimited', limited],
  ['rate_limited', limited],
  ['message_limit_exceeded', limited],
  ['internal_error', trouble],
  ['fatal_error', trouble],
  ['service_unavailable', trouble],
  ['request_timeout', trouble],
  ['team_added_to_org', trouble],
  ['rollup_error', trouble],
]);

const hints = new Map([
  ['not_in_channel', 'invite the bot to the channel'],
  ['channel_not_found', 'the channel does not exist, or the bot may not see it'],
  ['missing_scope', 'the bot needs the scope chat:write'],
]);

/** A refusal by Slack itself; `word` is its machine-readable reason, where it gave one. */
export class SlackRefusal extends NotifyError {
  readonly word: string;

  constructor(word: string, status: number, retryAfterMs: number | undefined) {
    const [code, transient] = meanings.get(word) ?? meaningOf(status);
    const hint = hints.get(word);
    const reason = `Slack refused the message (${word === '' ? `status ${status}` : word})`;
    super(hint === undefined ? reason : `${reason}; ${hint}`, {
      code,
      transient,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    this.word = word;
  }
}

/** Throws the refusal that an answer is; `now` is the wall clock in ms. */
export function throwIfRefused(response: HttpResponse, word: unknown, now: number): void {
  if (word === undefined && response.status >= 200 && response.status < 300) {
    return;
  }
  const known = typeof word === 'string' && /^[a-z_]{1,60}$/u.test(word) ? word : '';
  throw new SlackRefusal(known, response.status, parseRetryAfter(response.headers['retry-after'], now));
}

/** What the HTTP client rejected with; its messages name the origin only. */
export function fromHttpError(error: unknown): NotifyError {
  if (!(error instanceof HttpError)) {
    return new NotifyError('Slack: the request failed', { code: 'Unreachable', transient: true });
  }
  const lasting = ['redirect', 'forbiddenAddress', 'invalid'].includes(error.kind);
  return new NotifyError(`Slack: ${error.message}`, {
    code: lasting ? 'Invalid' : 'Unreachable',
    transient: !lasting,
  });
}

function meaningOf(status: number): Meaning {
  if (status === 429) {
    return limited;
  }
  if (status >= 500) {
    return trouble;
  }
  if (status === 401 || status === 403) {
    return authentication;
  }
  return status === 404 || status === 410 ? channel : rejected;
}
