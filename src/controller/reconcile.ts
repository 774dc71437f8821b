/** One pass over one Canary: make the committed state true, look, decide, commit. Killed after any await and run again, it ends the same. */
import { decide } from '../core/decide.ts';
import type { Decision } from '../core/decision.ts';
import { desired, isBelow } from '../core/desired.ts';
import { divergenceDueAt } from '../core/divergence.ts';
import { type Evidence, recordEvidence, verdictOf } from '../core/evidence/release.ts';
import { isUnhurried } from '../core/evidence/unhurried.ts';
import type { CheckResult } from '../core/judge.ts';
import { severityOf } from '../core/milestone.ts';
import { type Recorded, record } from '../core/record.ts';
import { isResting, type State, step } from '../core/state.ts';
import { millis } from '../core/status.ts';
import { ApiError } from '../runtime/errors.ts';
import type { ObjectKey } from '../runtime/port.ts';
import { apply } from './apply.ts';
import { reportsStatus } from './commit-status.ts';
import { ensureFinalizer, finalize } from './finalize.ts';
import { isRefusal, type Model, readCanary, routerOf } from './model.ts';
import { mayWrite, observe, type World } from './observe.ts';
import type { Ports } from './ports.ts';
import { raise } from './raise.ts';
import { refusedIn } from './refusal.ts';
import { refuse } from './refuse.ts';
import { takeSamples } from './samples.ts';
import { commitStatus } from './status.ts';
import { passInTurn } from './turns.ts';
import { joinWave, waitForWave } from './wave.ts';

export interface Result {
  /** Run again after so many ms; absent: only when something changes. */
  readonly requeueAfterMs?: number;
  /** 2 for a run whose canary serves users: its next decision must not wait behind a thousand others. */
  readonly priority?: 2;
}

export async function reconcile(key: ObjectKey, ports: Ports): Promise<Result> {
  return passInTurn(key, ports, async () => reconcileNow(key, ports));
}

async function reconcileNow(key: ObjectKey, ports: Ports): Promise<Result> {
  const object = ports.canaries.get(key);
  if (object === undefined) {
    ports.observe.forget({ namespace: key.namespace ?? '', name: key.name });
    return {};
  }
  const model = readCanary(object, ports.settings);
  if (object.metadata.deletionTimestamp !== undefined) return finalize(object, model, ports);
  if (isRefusal(model)) return refuse(object, model, ports);
  if (model.canary.spec.suspend)
    return refuse(
      object,
      { reason: 'Suspended', message: 'The Canary is suspended; traffic stays as it is.' },
      ports,
    );
  if (await ensureFinalizer(model, ports)) return { requeueAfterMs: 0 };
  return pass(model, ports);
}

async function pass(model: Model, ports: Ports): Promise<Result> {
  const { world, refusal } = await makeTrue(model, ports);
  const { decision, verdict, evidence, world: seen } = await decideWithSamples(model, world, ports);
  const before = seen.input.state;
  const waitMs =
    isResting(before.phase) && decision.event?.type === 'started' ? waitForWave(model.key, ports) : undefined;
  if (waitMs !== undefined) return { requeueAfterMs: waitMs };
  const after = decision.event === undefined ? before : step(before, decision.event);
  if (after.context.weight < before.context.weight && decision.event?.type !== 'primaryReady') {
    await takeTrafficBack(model, seen, ports).catch(async (error: unknown) => {
      await tellRefusal(model, seen, error, ports);
      throw error;
    });
  }
  const recorded = record(model.canary.status, before, after, {
    ...factsOf(model, seen, decision, verdict, ports),
    ...(evidence === undefined ? {} : { evidence: recordEvidence(evidence) }),
  });
  // A route that is to be raised is raised after a commit.
  const mayWait = evidence !== undefined && after === before && !isBelow(seen.input.route, before);
  const waits =
    mayWait && isUnhurried(model.canary.status, recorded.status, model.plan.evidence, seen.input.now);
  const committed = !waits && (await commitStatus(model.canary, model.canary.status, recorded.status, ports));
  if (committed) tell(model, recorded, before, after, ports);
  // Told; and tried again with back-off, because nothing here may change when what forbids it does.
  if (refusal instanceof ApiError) throw refusal;
  if (after !== before) {
    await raise(model, seen, after, ports);
    return { requeueAfterMs: 0, ...urgency(after) };
  }
  ports.observe.diverged(model.key, millis(recorded.status.diverged?.since) / 1_000);
  return wakeAt(seen, decision, divergenceDueAt(recorded.status, model.git), ports);
}

/** The run stays as it is: whoever reads that it failed may count on its traffic being away. */
async function tellRefusal(model: Model, seen: World, error: unknown, ports: Ports): Promise<void> {
  const world = refusedIn(seen, error);
  const { state, problem } = world.input;
  const decision = { reason: '', message: '', ...problem, stalled: true };
  const recorded = record(
    model.canary.status,
    state,
    state,
    factsOf(model, world, decision, undefined, ports),
  );
  if (await commitStatus(model.canary, model.canary.status, recorded.status, ports))
    tell(model, recorded, state, state, ports);
}

/** Makes the committed state true. What is refused is answered with the world that names it, so that it is told. */
async function makeTrue(model: Model, ports: Ports): Promise<{ world: World; refusal?: unknown }> {
  const world = observe(model, ports, ports.clock.now());
  if (!mayWrite(world)) return { world };
  const startsRun = decide(world.input).event?.type === 'started';
  if (startsRun && world.view.target?.replicas === 0) joinWave(model.key, ports);
  try {
    // Only a run that a router served before has a weight: with the provider gone from the spec, nobody else would end it.
    if (!model.plan.routed && world.input.state.context.weight > 0)
      await ports.routers.gatewayapi.release(model.route);
    const wrote = await apply(model, world, desired(world.input, startsRun), ports);
    return { world: wrote ? observe(model, ports, ports.clock.now()) : world };
  } catch (refusal) {
    return { world: refusedIn(observe(model, ports, ports.clock.now()), refusal), refusal };
  }
}

/** Samples are awaited, so the world is looked at again after them: a verdict counts only for what still runs then. */
async function decideWithSamples(
  model: Model,
  world: World,
  ports: Ports,
): Promise<{ decision: Decision; verdict?: CheckResult; evidence?: Evidence; world: World }> {
  const first = decide(world.input);
  if (first.needsSamples !== true) return { decision: first, world };
  const { verdict, evidence } = await takeSamples(model, world.input, ports);
  const again = observe(model, ports, ports.clock.now());
  const decision = decide({
    ...again.input,
    ...(verdict === undefined ? {} : { verdict }),
    ...(evidence === undefined ? {} : { evidence: { pollAt: evidence.pollAt, judged: evidence } }),
  });
  const told = evidence === undefined ? verdict : (verdictOf(evidence) ?? verdict);
  return {
    decision,
    world: again,
    ...(told === 'pass' || told === undefined ? {} : { verdict: told }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

/** Towards safety before the commit: a run that loses its traffic loses it first, whatever happens to the status. */
async function takeTrafficBack(model: Model, { input, route }: World, ports: Ports): Promise<void> {
  if ((route.weights?.canary ?? 0) === 0 || input.primary?.available !== true) return;
  await routerOf(model, ports).apply(model.route, { primary: 100, canary: 0 });
}

function factsOf(
  model: Model,
  world: World,
  decision: Decision,
  verdict: CheckResult | undefined,
  ports: Ports,
): Parameters<typeof record>[3] {
  const { view, input } = world;
  const seen = input.seen?.revision;
  return {
    now: input.now,
    generation: model.canary.metadata.generation ?? 0,
    canaryUid: model.canary.metadata.uid ?? '',
    targetKind: model.workload.target.kind,
    decision,
    converged: input.seen?.isPromoted === true,
    images: { primary: view.primary?.images ?? {}, target: view.target?.images ?? {} },
    alerts: model.alerts,
    next: model.next,
    ...(view.target === undefined || seen === undefined
      ? {}
      : { target: { uid: view.target.uid, generation: view.target.generation, revision: seen } }),
    ...(verdict === undefined ? {} : { verdict }),
    ...(model.git === undefined ? {} : { git: { ...model.git, reports: reportsStatus(model.git, ports) } }),
    suspendsAutomation: model.imageAutomation !== undefined,
    ...(view.primary?.previous === undefined ? {} : { kept: view.primary.previous }),
    ...(world.asked === undefined || decision.followsAsked !== true ? {} : { asked: world.asked }),
    ...(world.retry === undefined || decision.event?.type !== 'started' ? {} : { retry: world.retry }),
  };
}

function tell(
  model: Model,
  { announcement, status }: Recorded,
  before: State,
  after: State,
  ports: Ports,
): void {
  ports.observe.phase(model.key, after.phase, after.context.weight);
  if (announcement === undefined) return;
  const { milestone, reason, message, runId } = announcement;
  const type =
    milestone === 'CheckFailed' || (severityOf(milestone) ?? 'info') !== 'info' ? 'Warning' : 'Normal';
  ports.recordEvent(model.canary, { type, reason: reason === '' ? milestone : reason, note: message, runId });
  if (milestone === 'Promoted') ports.observe.finished('promoted');
  if (milestone === 'RolledBack') ports.observe.finished('rolledback');
  if (milestone === 'Returned') ports.observe.finished('returned');
  ports.log.info(
    {
      canary: model.key,
      from: before.phase,
      to: after.phase,
      milestone,
      reason,
      revision: status.run?.revision,
      note: message,
    },
    'transition',
  );
}

/** The nearest moment at which time alone changes something; nothing for a Canary at rest. */
function wakeAt(
  { input, view }: World,
  decision: Decision,
  divergedAt: number | undefined,
  ports: Ports,
): Result {
  const now = ports.clock.now();
  const { phase, context } = input.state;
  const drains =
    isResting(phase) && (view.target?.replicas ?? 0) > 0 && context.dueAt > now ? context.dueAt : undefined;
  const times = [decision.wakeAt, drains, divergedAt].filter(time => time !== undefined);
  if (times.length === 0) return {};
  return { requeueAfterMs: Math.max(0, Math.min(...times) - now), ...urgency(input.state) };
}

function urgency({ context }: State): { priority?: 2 } {
  return context.weight > 0 ? { priority: 2 } : {};
}
