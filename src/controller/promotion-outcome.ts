/** What became of a promotion: into the status, the condition, an Event and, where people should hear of it, an alert. */
import type { CanaryStatus, OutboxEntry, PromotionStatus } from '../api/canary-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import { alertEntries } from '../core/announce.ts';
import { withFailure, withSuccess } from '../core/conditions.ts';
import { trimOutbox } from '../core/owed.ts';
import { ForgeError } from '../forge/port.ts';
import { GitError } from '../git/port.ts';
import type { Model } from './model.ts';
import { postpone, settle } from './outbox.ts';
import type { Ports } from './ports.ts';
import { changeStatus } from './status.ts';

/** Where a person has to change something, once an hour is often enough to look whether it has been done. */
const slowMs = 3_600_000;

/** This many failures in a row that pass by themselves are told too. */
const patience = 5;

type Final = 'Promoted' | 'DryRun' | 'Superseded' | 'Held';

export interface Outcome {
  readonly state: Final;
  readonly message: string;
  readonly commit?: string;
  readonly files?: readonly string[];
  readonly pullRequest?: NonNullable<PromotionStatus['pullRequest']>;
}

/** A merge is noticed within this time, where no webhook tells of it at once. */
const lookEveryMs = 60_000;

/** Nothing more is to be done for this promotion. */
export async function finished(
  model: Model,
  entry: OutboxEntry,
  promotion: PromotionStatus,
  { state, message, commit, files = [], pullRequest }: Outcome,
  ports: Ports,
): Promise<void> {
  const now = new Date(ports.clock.now()).toISOString();
  const told = `${model.key.name} to ${promotion.target}: ${message}`;
  await changeStatus(
    model.key,
    status => {
      const settled = changed(settle(status, [entry.id]), promotion, {
        state,
        message: message.slice(0, statusLimits.message),
        ...(commit === undefined ? {} : { commit }),
        ...(files.length === 0 ? {} : { files: shown(files) }),
        ...(pullRequest === undefined ? {} : { pullRequest }),
      });
      if (state === 'Superseded') return settled;
      const milestone = state === 'Held' ? 'PromotionFailed' : 'PromotionDelivered';
      return announced(
        state === 'Held' ? failing(settled, 'Held', told, now) : works(settled, now),
        model,
        entry,
        { milestone, message: told, now },
      );
    },
    ports,
  );
  ports.recordEvent(model.canary, {
    type: state === 'Held' ? 'Warning' : 'Normal',
    reason: `Promotion${state}`,
    note: told,
    runId: entry.id,
  });
  ports.log.info(
    { canary: model.key, target: promotion.target, state, commit, note: message },
    'promotion finished',
  );
}

/** A pull request asks for it: people hear of it once, and it is looked at until it is merged or closed. */
export async function proposed(
  model: Model,
  entry: OutboxEntry,
  promotion: PromotionStatus,
  { message, files = [], pullRequest }: Omit<Outcome, 'state'>,
  ports: Ports,
): Promise<void> {
  const now = ports.clock.now();
  const at = new Date(now).toISOString();
  const isNew = pullRequest?.number !== promotion.pullRequest?.number;
  const told = `${model.key.name} to ${promotion.target}: ${message}`;
  await changeStatus(
    model.key,
    status => {
      const nextAttemptAt = new Date(now + lookEveryMs).toISOString();
      const outbox = (status.outbox ?? []).map(other =>
        other.id === entry.id ? { ...other, attempts: 0, nextAttemptAt } : other,
      );
      const next = changed({ ...status, outbox }, promotion, {
        state: 'Proposed',
        message: message.slice(0, statusLimits.message),
        ...(files.length === 0 ? {} : { files: shown(files) }),
        ...(pullRequest === undefined ? {} : { pullRequest }),
      });
      const done = works(next, at);
      return isNew
        ? announced(done, model, entry, { milestone: 'PromotionDelivered', message: told, now: at })
        : done;
    },
    ports,
  );
  if (isNew)
    ports.recordEvent(model.canary, {
      type: 'Normal',
      reason: 'PromotionProposed',
      note: told,
      runId: entry.id,
    });
}

/** It may not be written now; `at` is when to look again, soon and then less often where nobody can tell. */
export async function waiting(
  model: Model,
  entry: OutboxEntry,
  { at, dueAt, why }: { readonly at?: string; readonly dueAt?: string; readonly why: string },
  ports: Ports,
): Promise<void> {
  const now = ports.clock.now();
  await changeStatus(
    model.key,
    status => {
      const postponed = postpone(status, [entry.id], { now, error: why });
      const outbox = (postponed.outbox ?? []).map(other =>
        other.id === entry.id && at !== undefined ? { ...other, attempts: 0, nextAttemptAt: at } : other,
      );
      return changed({ ...postponed, outbox }, idOf(entry), {
        state: 'Waiting',
        message: why.slice(0, statusLimits.message),
        ...(dueAt === undefined ? {} : { dueAt }),
      });
    },
    ports,
  );
}

/** This try failed. What heals by itself is tried again soon, what a person has to mend now and then; people are told once. */
export async function failed(
  model: Model,
  entry: OutboxEntry,
  promotion: PromotionStatus,
  error: unknown,
  ports: Ports,
): Promise<void> {
  const now = ports.clock.now();
  const at = new Date(now).toISOString();
  const why = error instanceof Error ? error.message : 'unknown error';
  const known = error instanceof GitError || error instanceof ForgeError ? error : undefined;
  const passing = known?.transient === true;
  const wishMs = error instanceof ForgeError ? error.retryAfterMs : undefined;
  const tell = passing ? entry.attempts + 1 === patience : promotion.state !== 'Failed';
  const lasting = !passing || entry.attempts + 1 >= patience;
  const told = `${model.key.name} to ${promotion.target}: ${why}`;
  await changeStatus(
    model.key,
    status => {
      const postponed = postpone(status, [entry.id], {
        now,
        error: why,
        wishMs,
        ...(passing ? {} : { capMs: slowMs }),
      });
      const next = changed(postponed, promotion, {
        state: lasting ? 'Failed' : 'Pending',
        message: why.slice(0, statusLimits.message),
      });
      if (!lasting) return next;
      const reason = known?.code ?? 'Refused';
      const failing_ = failing(next, reason, told, at);
      return tell
        ? announced(failing_, model, entry, { milestone: 'PromotionFailed', message: told, now: at })
        : failing_;
    },
    ports,
  );
  if (tell)
    ports.recordEvent(model.canary, {
      type: 'Warning',
      reason: 'PromotionFailed',
      note: told,
      runId: entry.id,
    });
  ports.log.warn(
    { canary: model.key, target: promotion.target, attempts: entry.attempts, why },
    'promotion failed',
  );
}

function shown(files: readonly string[]): string[] {
  return files.slice(0, statusLimits.promotionFiles).map(file => file.slice(0, 256));
}

function idOf({ id }: OutboxEntry): Pick<PromotionStatus, 'id'> {
  return { id: id.slice('promotion/'.length) };
}

function changed(
  status: CanaryStatus,
  { id }: Pick<PromotionStatus, 'id'>,
  change: Partial<PromotionStatus>,
): CanaryStatus {
  const { promotions } = status;
  if (promotions === undefined) return status;
  return {
    ...status,
    promotions: promotions.map(other => (other.id === id ? { ...other, ...change } : other)),
  };
}

function failing(status: CanaryStatus, reason: string, message: string, now: string): CanaryStatus {
  const failure = {
    type: 'PromotionsReady',
    reason,
    message: message.slice(0, statusLimits.message),
    now,
  } as const;
  return { ...status, conditions: withFailure(status.conditions ?? [], failure) };
}

/** The condition is over once none of the targets stands for a failure. */
function works(status: CanaryStatus, now: string): CanaryStatus {
  const trouble = status.promotions?.some(({ state }) => state === 'Failed' || state === 'Held');
  if (trouble === true || status.conditions === undefined) return status;
  return { ...status, conditions: withSuccess(status.conditions, 'PromotionsReady', now) };
}

function announced(
  status: CanaryStatus,
  model: Model,
  entry: OutboxEntry,
  {
    milestone,
    message,
    now,
  }: { milestone: 'PromotionDelivered' | 'PromotionFailed'; message: string; now: string },
): CanaryStatus {
  const text = message.slice(0, statusLimits.message);
  const announcement = { milestone, reason: milestone, message: text, runId: entry.runId ?? 'init' };
  const alerts = alertEntries(announcement, model.alerts, now).map(alert => ({
    ...alert,
    id: `${alert.id}/${entry.id}`.slice(-256),
  }));
  const known = (status.outbox ?? []).filter(other => alerts.every(alert => alert.id !== other.id));
  return { ...status, outbox: trimOutbox([...known, ...alerts]) };
}
