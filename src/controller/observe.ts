/** Observing: one snapshot of the world out of the caches, so that a pass decides on one picture and makes no request for it. */
import type { CanaryStatus } from '../api/canary-status.ts';
import type { Input, Problem, Side } from '../core/input.ts';
import { currentRevision } from '../core/revision.ts';
import { millis, soundState } from '../core/status.ts';
import type { RouteView } from '../traffic/port.ts';
import type { PodSet, WorkloadView } from '../workload/port.ts';
import { olderCanary } from './conflicts.ts';
import { type Model, routerOf } from './model.ts';
import type { Ports } from './ports.ts';
import { referenceProblem } from './references.ts';

const retryAnnotation = 'siskin.dev/retry';
const rollbackAnnotation = 'siskin.dev/rollback';

export interface World {
  readonly input: Input;
  readonly view: WorkloadView;
  readonly route: RouteView;
  /** The value of the retry annotation, where it counts now. */
  readonly retry?: string;
  /** The value of the rollback annotation, where it was not followed yet. */
  readonly asked?: string;
}

export function observe(model: Model, ports: Ports, now: number): World {
  const { status } = model.canary;
  const state = soundState(status, model.plan, now);
  const view = ports.workload.observe(model.workload);
  const route = routerOf(model, ports).observe(model.route);
  const promoted = status.promoted?.revision ?? '';
  const seen = seenRevision(view, status, promoted);
  const entry = status.quarantine?.find(({ revision }) => revision === seen?.revision);
  const until =
    entry === undefined || model.quarantineMs === undefined
      ? undefined
      : millis(entry.at) + model.quarantineMs;
  const released = until !== undefined && now >= until;
  const retry = retryOf(model, seen?.revision);
  const asked = askedOf(model);
  const problem =
    olderCanary(model, ports, view.primary !== undefined) ??
    view.problem ??
    route.problem ??
    missingPrimary(view, status, seen) ??
    referenceProblem(model, ports);
  const pollAt = pollOf(model, state.context.analysedFrom, now);
  const input: Input = {
    now,
    state,
    promoted,
    retry: retry !== undefined,
    services: view.servicesReady.backends
      ? { backends: true, apexToPrimary: view.servicesReady.apexToPrimary }
      : { backends: false, apexToPrimary: view.servicesReady.apexToPrimary },
    route: {
      accepted: route.accepted,
      current: route.current,
      ...(route.weights === undefined ? {} : { weights: route.weights }),
      ...(route.message === undefined ? {} : { message: route.message }),
    },
    ...(status.previous === undefined ? {} : { previous: status.previous.revision }),
    ...(asked === undefined ? {} : { asked: asked.wish }),
    ...(seen === undefined ? {} : { seen }),
    ...(released ? { released } : {}),
    ...(entry === undefined || released
      ? {}
      : {
          quarantined: {
            reason: entry.reason,
            returned: isRepaired(status, entry.revision),
            ...(until === undefined ? {} : { until }),
          },
        }),
    ...(view.target === undefined ? {} : { target: sideOf(view.target) }),
    ...(view.primary === undefined
      ? {}
      : {
          primary: {
            ...sideOf(view.primary),
            ...(view.primary.revision === undefined ? {} : { revision: view.primary.revision }),
            ...(view.primary.previous === undefined ? {} : { previous: view.primary.previous }),
          },
        }),
    ...(problem === undefined ? {} : { problem }),
    ...(pollAt === undefined ? {} : { evidence: { pollAt } }),
  };
  return {
    input,
    view,
    route,
    ...(retry === undefined ? {} : { retry }),
    ...(asked === undefined ? {} : { asked: asked.value }),
  };
}

/** No wait for samples is longer, whatever a status or a clock says. */
const longestWaitMs = 600_000;

/** When new samples of the run in hand are expected; at once where it has none yet. */
function pollOf({ plan, canary }: Model, analysedFrom: number, now: number): number | undefined {
  if (plan.evidence === undefined || analysedFrom === 0) return undefined;
  return Math.min(millis(canary.status.run?.evidence?.pollAt), now + longestWaitMs);
}

/** A Canary that may not have its target yet, or at all, touches nothing. */
export function mayWrite({ input }: World): boolean {
  const { problem, state } = input;
  if (problem === undefined) return true;
  return (
    state.phase !== 'Initializing' &&
    !problem.reason.startsWith('Duplicate') &&
    problem.reason !== 'RouteConflict'
  );
}

/**
 * What the target asks for. A template that equals the primary's is the promoted revision whatever its hash says: both
 * were given their defaults by the same API server, so an upgrade of it changes both alike.
 */
function seenRevision(
  view: WorkloadView,
  status: CanaryStatus,
  promoted: string,
): { revision: string; isPromoted: boolean } | undefined {
  if (view.target === undefined) return undefined;
  const revision = currentRevision(view.target, status.target);
  const held = view.primary?.revision;
  const servesPromoted = promoted !== '' && held === promoted;
  // A primary that a promotion could not finish holds another one, and needs a run to get this one back.
  const isBack = revision === promoted && (held === undefined || servesPromoted);
  if (isBack || (servesPromoted && view.primaryMatchesTarget))
    return { revision: promoted, isPromoted: true };
  return { revision, isPromoted: false };
}

function sideOf(pods: PodSet): Side {
  const { ready, available, deadlineExceeded, message } = pods.readiness;
  return { replicas: pods.replicas, ready, available, deadlineExceeded, message };
}

/** Git had been repaired after this revision failed: who asks for it now asks once more. */
function isRepaired({ rollback }: CanaryStatus, revision: string): boolean {
  return rollback?.revision === revision && rollback.convergedAt !== undefined;
}

/** A retry names the revision, with anything behind a slash to ask once more: `v1-0123456789abcdef/2`. Each value counts once. */
function retryOf({ canary }: Model, revision: string | undefined): string | undefined {
  const value = canary.metadata.annotations?.[retryAnnotation];
  if (value === undefined || revision === undefined || value.length > 256) return undefined;
  if (value.split('/')[0] !== revision || canary.status.run?.retry === value) return undefined;
  return value;
}

/** A wish names the revision and, behind a slash, the reason for people. Each value counts once. */
function askedOf({ canary }: Model): { value: string; wish: NonNullable<Input['asked']> } | undefined {
  const value = canary.metadata.annotations?.[rollbackAnnotation];
  if (value === undefined || value.length > 512 || canary.status.followed === value) return undefined;
  const [revision = '', ...words] = value.split('/');
  const reason = words
    .join('/')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
  return { value, wish: { revision, reason: reason === '' ? 'no reason was given' : reason } };
}

/** After initialisation only the promoted template may make a primary; anything else would serve users without a verdict. */
function missingPrimary(
  view: WorkloadView,
  status: CanaryStatus,
  seen: { isPromoted: boolean } | undefined,
): Problem | undefined {
  if (view.primary !== undefined || status.promoted === undefined || seen?.isPromoted === true)
    return undefined;
  return {
    reason: 'PrimaryMissing',
    message: `The primary was deleted and the target no longer holds the promoted revision ${status.promoted.revision}; set the target back to it.`,
  };
}
