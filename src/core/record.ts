/** Recording: the next status after a decision - the run's story, what was promoted, what is quarantined, what is owed to Git and people. */
import type { CanaryStatus, OutboxEntry } from '../api/canary-status.ts';
import type { RollbackStatus, RunEvidence } from '../api/run-status.ts';
import type { AlertTarget, Announcement } from './announce.ts';
import { conditionsOf } from './conditions.ts';
import type { Decision } from './decision.ts';
import { divergenceAfter } from './divergence.ts';
import type { CheckResult } from './judge.ts';
import { type Milestone, milestoneOf } from './milestone.ts';
import { type NextTarget, withPromotions } from './next-environments.ts';
import { outboxAfter, trimOutbox } from './owed.ts';
import { promotedAfter } from './promoted.ts';
import { outlivedProposal } from './proposal.ts';
import { reasonAfter } from './reason.ts';
import { runAfter, withClocks } from './record-run.ts';
import { quarantineAfter, rollbackOf } from './repair.ts';
import type { RevisionRecord } from './revision.ts';
import type { State } from './state.ts';
import { fieldsOf } from './status.ts';

export interface Facts {
  readonly now: number;
  /** The Canary's generation. */
  readonly generation: number;
  readonly canaryUid: string;
  readonly targetKind: string;
  readonly decision: Decision;
  /** What the target's present generation asks for; undefined keeps what is recorded. */
  readonly target?: RevisionRecord;
  readonly converged: boolean;
  readonly images: {
    readonly primary: Readonly<Record<string, string>>;
    readonly target: Readonly<Record<string, string>>;
  };
  readonly verdict?: CheckResult;
  /** What `analysis.checks` know after this pass. */
  readonly evidence?: RunEvidence;
  readonly alerts: readonly AlertTarget[];
  /** `spec.rollback.git`; undefined where Git is not Siskin's business. */
  readonly git?: {
    readonly mode: string;
    readonly repository: string;
    readonly branch?: string;
    readonly path?: string;
    /** Whether verdicts are told to the repository's host. */
    readonly reports?: boolean;
    /** How long Git may ask for a failed revision before people are told. */
    readonly convergeWithinMs: number;
    /** How long a revert waits after the traffic is back. */
    readonly delayMs: number;
  };
  /** The targets of `spec.promotion`, where there are any. */
  readonly next?: readonly NextTarget[];
  /** Value of the annotation `siskin.dev/retry`, when this decision follows it. */
  readonly retry?: string;
  /** Value of the annotation `siskin.dev/rollback`, when this decision follows it. */
  readonly asked?: string;
  /** A rollback suspends Flux's image automation. */
  readonly suspendsAutomation?: boolean;
  /** The revision whose template the primary keeps. */
  readonly kept?: string;
}

/** Event of a position which is that of a rollback that has arrived. */
export const arrivalEvent = 'Converged';

export interface Recorded {
  readonly status: CanaryStatus;
  readonly announcement?: Announcement;
}

/** `before` and `after` are the states around the decision's event; equal where nothing happened. */
export function record(previous: CanaryStatus, before: State, after: State, facts: Facts): Recorded {
  const { decision, now } = facts;
  const milestone =
    decision.event !== undefined && after !== before ? milestoneOf(before, after, decision.event) : undefined;
  const at = new Date(now).toISOString();
  const { reason, message } = reasonAfter(previous, before, after, milestone, decision);
  const { top, clocks, watch } = fieldsOf(after);
  const run = runAfter(previous, after, milestone, message, facts);
  const rollback =
    milestone === 'RolledBack' && run !== undefined
      ? rollbackOf(previous, run, message, facts)
      : previous.rollback;
  const quarantine = quarantineAfter(previous, after, milestone, message, facts);
  const { promoted, previous: servedBefore } = promotedAfter(previous, after, milestone, facts);
  const told = milestone ?? trouble(previous, decision);
  const announcement =
    told === undefined ? undefined : { milestone: told, reason, message, runId: run?.id ?? 'init' };
  const {
    run: _run,
    rollback: _rollback,
    quarantine: _quarantine,
    promoted: _promoted,
    previous: _previous,
    watch: _watch,
    ...rest
  } = previous;
  const made: CanaryStatus = {
    ...rest,
    ...top,
    observedGeneration: facts.generation,
    reason,
    message,
    lastTransitionTime: after.phase === previous.phase ? (previous.lastTransitionTime ?? at) : at,
    conditions: conditionsOf(previous.conditions ?? [], {
      state: after,
      kind: facts.targetKind,
      reason,
      message,
      stalled: decision.stalled === true,
      converged: facts.converged,
      generation: facts.generation,
      now: at,
    }),
    ...(facts.target === undefined ? {} : { target: { ...facts.target } }),
    ...(run === undefined ? {} : { run: withClocks(run, clocks) }),
    ...(promoted === undefined ? {} : { promoted, lastPromotedSpec: promoted.revision }),
    ...(servedBefore === undefined ? {} : { previous: servedBefore }),
    ...watch,
    ...(facts.asked === undefined ? {} : { followed: facts.asked }),
    ...(quarantine.length === 0 ? {} : { quarantine }),
    ...(rollback === undefined ? {} : { rollback }),
  };
  const git = divergenceAfter(made, after, facts, announcement !== undefined);
  const news = announcement ?? git.announcement;
  const owed = [
    ...outboxAfter(previous.outbox ?? [], news, run, rollback, milestone, facts),
    ...outlivedProposal(previous.rollback, rollback, at),
  ];
  const { diverged: _diverged, ...others } = made;
  const recorded: CanaryStatus = {
    ...others,
    conditions: git.conditions,
    ...(git.diverged === undefined ? {} : { diverged: git.diverged }),
    ...(git.rollback === undefined ? {} : { rollback: git.rollback }),
    outbox: trimOutbox(git.arrived === undefined ? owed : [...owed, arrival(git.arrived, at)]),
  };
  const status = withPromotions(recorded, milestone, facts);
  return news === undefined ? { status } : { status, announcement: news };
}

/** Where the promoted revision stands in Git now: the next revert then undoes what came after this one, and nothing before. */
function arrival({ id }: RollbackStatus, createdAt: string): OutboxEntry {
  return { id: `position/${id}`, kind: 'position', event: arrivalEvent, createdAt, attempts: 0 };
}

/** Trouble that stays is told once, when it begins. */
function trouble(previous: CanaryStatus, decision: Decision): Milestone | undefined {
  if (decision.reason === '' || decision.reason === previous.reason) return undefined;
  if (decision.stalled === true) return 'Stalled';
  if (decision.overdue === true) return 'Held';
  return decision.reason === 'Quarantined' ? 'Quarantined' : undefined;
}
