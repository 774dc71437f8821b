/** Recording a run: its story step by step, what was measured, and the clocks of its state. */
import type { CanaryStatus } from '../api/canary-status.ts';
import type { CanaryRunStatus } from '../api/run-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import type { CheckResult } from './judge.ts';
import type { Milestone } from './milestone.ts';
import type { Facts } from './record.ts';
import type { State } from './state.ts';
import type { fieldsOf } from './status.ts';

/** The run after a decision; undefined where there was none yet. */
export function runAfter(
  previous: CanaryStatus,
  after: State,
  milestone: Milestone | undefined,
  message: string,
  facts: Facts,
): CanaryRunStatus | undefined {
  const at = new Date(facts.now).toISOString();
  if (milestone === 'NewRevision' || milestone === 'Restarted') {
    // Kept from run to run: an annotation that was followed once stays on the Canary and must not count again.
    const retry = facts.retry ?? previous.run?.retry;
    return {
      id: runId(after.context.revision, facts.now),
      revision: after.context.revision,
      ...(previous.promoted === undefined ? {} : { fromRevision: previous.promoted.revision }),
      startedAt: at,
      images: { from: withinLimits(facts.images.primary), to: withinLimits(facts.images.target) },
      ...(facts.git === undefined || facts.git.mode === 'Off' ? {} : { git: { state: 'Pending' as const } }),
      ...(retry === undefined ? {} : { retry }),
      steps: [{ at, text: message }],
    };
  }
  const { run } = previous;
  if (run === undefined) return undefined;
  const told = {
    ...(facts.verdict === undefined ? {} : { verdict: verdictOf(facts.verdict, at) }),
    ...(facts.evidence === undefined ? {} : { evidence: facts.evidence }),
  };
  if (milestone === undefined || milestone === 'Terminating' || milestone === 'WatchFailed')
    return { ...run, ...told };
  // Readers count on steps only ever being appended: a very long run stops telling its middle and keeps room for its end.
  const steps = run.steps ?? [];
  const ends = milestone === 'Promoted' || milestone === 'RolledBack' || milestone === 'Returned';
  const room = statusLimits.steps - (ends ? 0 : 1);
  const kept = steps.length < room ? [...steps, { at, text: message, weight: after.context.weight }] : steps;
  return { ...run, ...told, steps: kept };
}

/** The API server refuses a status that holds more, and nothing would ever be recorded again. */
export function withinLimits(images: Readonly<Record<string, string>>): Record<string, string> {
  const first = Object.entries(images).slice(0, statusLimits.images);
  return Object.fromEntries(first.map(([name, image]) => [name, image.slice(0, 512)]));
}

/** Unique per run, also where one revision is tried again; the same for every replica, because it comes from what was committed. */
function runId(revision: string, now: number): string {
  return `${revision.replace(/^v\d+-/, '')}-${now.toString(36)}`;
}

const verdictKinds = {
  pass: 'Pass',
  fail: 'Fail',
  noData: 'NoData',
  error: 'Error',
  inconclusive: 'Inconclusive',
} as const;
function verdictOf(result: CheckResult, at: string): NonNullable<CanaryRunStatus['verdict']> {
  return {
    at,
    check: result.check,
    value: result.value.slice(0, 256),
    limit: result.limit.slice(0, 256),
    kind: verdictKinds[result.outcome],
  };
}

/** The run with the clocks of a state instead of its own. */
export function withClocks(
  run: CanaryRunStatus,
  clocks: ReturnType<typeof fieldsOf>['clocks'],
): CanaryRunStatus {
  const {
    dueAt: _due,
    readyBy: _ready,
    weightAt: _weight,
    stepAt: _step,
    undecidedSince: _since,
    undecidedKind: _kind,
    plannedWeight: _planned,
    weight: _share,
    ...rest
  } = run;
  const present = Object.fromEntries(Object.entries(clocks).filter(([, value]) => value !== undefined));
  return { ...rest, ...present };
}
