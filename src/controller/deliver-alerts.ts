/** Delivering alerts: one message per run and provider where it can be kept up to date; providers do not wait for one another. */
import type { CanaryStatus, NotificationStatus, OutboxEntry } from '../api/canary-status.ts';
import { parseAlertProvider } from '../api/parse.ts';
import { statusLimits } from '../api/status-limits.ts';
import { updateEvent } from '../core/announce.ts';
import { withFailure, withSuccess } from '../core/conditions.ts';
import { NotifyError } from '../notify/errors.ts';
import type { ProviderAccess, ThreadState } from '../notify/port.ts';
import { TerminalError } from '../runtime/errors.ts';
import type { ObjectKey } from '../runtime/port.ts';
import { isFreed, isLasting, lookMs, versionsOf } from './blocked.ts';
import { runMessage } from './message.ts';
import { isRefusal, type Model, readCanary } from './model.ts';
import { isDue, nextDue, postpone, settle } from './outbox.ts';
import type { Ports } from './ports.ts';
import type { Result } from './reconcile.ts';
import { changeStatus } from './status.ts';

/** One pass over the alerts in a Canary's outbox. Entries of one provider and run go together: the newest tells them all. */
export async function deliverAlerts(key: ObjectKey, ports: Ports): Promise<Result> {
  const object = ports.canaries.get(key);
  const model = object === undefined ? undefined : readCanary(object, ports.settings);
  if (model === undefined || isRefusal(model)) return {};
  const now = ports.clock.now();
  const owed = (model.canary.status.outbox ?? []).filter(entry => entry.kind === 'alert');
  const named = new Set(model.alerts.map(({ provider }) => provider));
  // Nobody wants to hear these any more; they would be tried for ever.
  const unwanted = owed.filter(({ provider = '' }) => !named.has(provider)).map(({ id }) => id);
  if (unwanted.length > 0) {
    await changeStatus(model.key, status => settle(status, unwanted), ports);
    return { requeueAfterMs: 0 };
  }
  const groups = Map.groupBy(owed, entry => `${entry.provider ?? ''} ${entry.runId ?? ''}`);
  const ready = await Promise.all(
    [...groups.values()].map(async entries => ({
      entries,
      due:
        entries.every(entry => isDue(entry, now)) ||
        (await isFreed(entries, async () => versions(model, entries, ports))),
    })),
  );
  const due = ready.filter(group => group.due).map(group => group.entries);
  if (due.length === 0) {
    // A group waits for the latest of its entries: news that came meanwhile does not make a receiver that is down be asked sooner.
    const waits = [...groups.values()].map(entries =>
      Math.min(Math.max(...entries.map(entry => nextDue([entry], now) ?? 0)), lookMs(entries)),
    );
    return waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) };
  }
  await Promise.all(due.map(entries => attempt(model, entries, ports)));
  return { requeueAfterMs: 0 };
}

async function attempt(model: Model, entries: readonly OutboxEntry[], ports: Ports): Promise<void> {
  const ids = entries.map(entry => entry.id);
  const [first] = entries;
  if (first?.provider === undefined) return;
  const provider = first.provider;
  const runId = first.runId ?? 'init';
  let access: ProviderAccess | undefined;
  try {
    access = await accessOf(model, provider, ports);
    const thread = await send(model, access, entries, ports);
    ports.observe.notified(access.type, true);
    await changeStatus(
      model.key,
      status => working(remember(settle(status, ids), provider, runId, thread), provider, ports),
      ports,
    );
  } catch (error) {
    ports.observe.notified(access?.type ?? 'unknown', false);
    const why = error instanceof Error ? error.message : 'unknown error';
    const failure = {
      now: ports.clock.now(),
      error: why,
      wishMs: error instanceof NotifyError ? error.retryAfterMs : undefined,
      ...(isLasting(error) ? { blockedBy: await versions(model, entries, ports) } : {}),
    };
    ports.log.warn({ canary: model.key, provider, attempts: first.attempts, why }, 'alert delivery failed');
    if (first.attempts === 0) {
      ports.recordEvent(model.canary, {
        type: 'Warning',
        reason: 'AlertFailed',
        note: `${about(provider)} ${why}`,
        runId,
      });
    }
    const thread = error instanceof NotifyError ? error.thread : undefined;
    await changeStatus(
      model.key,
      status =>
        failing(remember(postpone(status, ids, failure), provider, runId, thread), provider, error, failure),
      ports,
    );
  }
}

function failing(
  status: CanaryStatus,
  provider: string,
  error: unknown,
  failure: { readonly now: number; readonly error: string },
): CanaryStatus {
  const conditions = withFailure(status.conditions ?? [], {
    type: 'AlertsReady',
    reason: error instanceof NotifyError ? error.code : 'Failed',
    message: `${about(provider)} ${failure.error}`.slice(0, statusLimits.message),
    now: new Date(failure.now).toISOString(),
  });
  return { ...status, conditions };
}

/** One provider's success says nothing about another's failure. */
function working(status: CanaryStatus, provider: string, ports: Ports): CanaryStatus {
  const failed = status.conditions?.find(({ type }) => type === 'AlertsReady');
  if (status.conditions === undefined || failed?.message.startsWith(about(provider)) !== true) return status;
  return {
    ...status,
    conditions: withSuccess(status.conditions, 'AlertsReady', new Date(ports.clock.now()).toISOString()),
  };
}

function about(provider: string): string {
  return `AlertProvider ${provider}:`;
}

/** A provider that can update gets the newest state once; a webhook gets each entry which is news of its own. */
async function send(
  model: Model,
  access: ProviderAccess,
  entries: readonly OutboxEntry[],
  ports: Ports,
): Promise<ThreadState | undefined> {
  const { status } = model.canary;
  const [first] = entries;
  const known = status.notifications?.find(
    other => other.provider === first?.provider && other.runId === first?.runId,
  );
  const news = entries.filter(entry => entry.event !== updateEvent);
  if (access.secret?.['token'] === undefined) {
    for (const entry of news)
      await ports.notifier.send(access, runMessage(model, entry, ports.settings.clusterName));
    return undefined;
  }
  const last = news.at(-1) ?? entries.at(-1);
  if (last === undefined || (news.length === 0 && known === undefined)) return undefined;
  return ports.notifier.send(access, runMessage(model, last, ports.settings.clusterName), known);
}

function remember(
  status: CanaryStatus,
  provider: string,
  runId: string,
  thread: ThreadState | undefined,
): CanaryStatus {
  if (thread === undefined) return status;
  const others = (status.notifications ?? []).filter(
    other => other.provider !== provider || other.runId !== runId,
  );
  const mine: NotificationStatus = {
    provider,
    runId,
    channel: thread.channel,
    ts: thread.ts,
    steps: thread.steps,
  };
  return { ...status, notifications: [...others, mine].slice(-statusLimits.notifications) };
}

/** Of the objects on which the delivery of these depends. */
async function versions(model: Model, [entry]: readonly OutboxEntry[], ports: Ports): Promise<string> {
  const [namespace = '', name = ''] = (entry?.provider ?? '').split('/');
  const object = ports.alertProviders.get({ namespace, name });
  const parsed = object === undefined ? undefined : parseAlertProvider(object);
  const secretRef = parsed?.ok === true ? parsed.value.spec.secretRef : undefined;
  return versionsOf(
    object,
    namespace === model.key.namespace ? { namespace, name: secretRef?.name } : {},
    ports,
  );
}

async function accessOf(model: Model, provider: string, ports: Ports): Promise<ProviderAccess> {
  const [namespace = '', name = ''] = provider.split('/');
  if (namespace !== model.key.namespace)
    throw new TerminalError('CrossNamespaceReference', `AlertProvider ${provider} is in another namespace`);
  const object = ports.alertProviders.get({ namespace, name });
  if (object === undefined)
    throw new TerminalError('AlertProviderMissing', `AlertProvider ${provider} does not exist; create it`);
  const parsed = parseAlertProvider(object);
  if (!parsed.ok)
    throw new TerminalError(
      'AlertProviderInvalid',
      `${parsed.problems[0]?.field ?? 'spec'} ${parsed.problems[0]?.message ?? 'is not valid'}`,
    );
  const { type, address, channel, username, proxy, secretRef } = parsed.value.spec;
  const secret = secretRef === undefined ? undefined : await ports.readSecret(namespace, secretRef.name);
  if (secretRef !== undefined && secret === undefined)
    throw new TerminalError(
      'SecretMissing',
      `spec.secretRef: Secret ${namespace}/${secretRef.name} does not exist; create it`,
    );
  return {
    type,
    channel,
    username,
    ...(address === undefined ? {} : { address }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(secret === undefined ? {} : { secret }),
  };
}
