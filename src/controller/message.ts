/** The message of a run: everything people ask first, out of the committed status. */
import type { OutboxEntry } from '../api/canary-status.ts';
import type { CanaryRunStatus } from '../api/run-status.ts';
import { updateEvent } from '../core/announce.ts';
import { millis } from '../core/status.ts';
import type { RunMessage } from '../notify/port.ts';
import type { Model } from './model.ts';

const titles: Readonly<Record<string, (name: string) => string>> = {
  Initialized: name => `${name} is initialised`,
  NewRevision: name => `New revision of ${name}`,
  Restarted: name => `New revision of ${name}, the run starts over`,
  Held: name => `The release of ${name} holds`,
  WaitingForApproval: name => `The release of ${name} waits for approval`,
  Quarantined: name => `A failed revision of ${name} came back`,
  GitDiverged: name => `Git still asks for a failed revision of ${name}`,
  GitConverged: name => `Git asks for what ${name} runs again`,
  Stalled: name => `${name} needs a person`,
  Promoted: name => `Promoted ${name}`,
  Returned: name => `The release of ${name} ended without a verdict`,
  RolledBack: name => `Rolled back ${name}`,
  PromotionDelivered: name => `${name} goes to its next environment`,
  PromotionFailed: name => `${name} does not reach its next environment`,
  Reverted: name => `Rolled back ${name}`,
  Proposed: name => `Rolled back ${name}; Git waits for a merge`,
};

export function runMessage(
  { canary, key, workload }: Model,
  entry: OutboxEntry,
  cluster: string | undefined,
): RunMessage {
  const { status } = canary;
  const run = status.run?.id === entry.runId ? status.run : undefined;
  const title = titles[entry.event ?? '']?.(key.name) ?? `Release of ${key.name}`;
  const rollback = run !== undefined && status.rollback?.runId === run.id ? status.rollback : undefined;
  const verdict = run?.verdict;
  const weight = weightReached(run?.steps ?? []);
  return {
    severity: entry.severity ?? 'info',
    canary: key,
    target: `${workload.target.kind} ${workload.target.name}`,
    ...(cluster === undefined ? {} : { cluster }),
    title,
    text:
      entry.event === updateEvent
        ? (status.message ?? entry.text ?? '')
        : (entry.text ?? status.message ?? ''),
    fromImages: Object.values(run?.images?.from ?? {}),
    toImages: Object.values(run?.images?.to ?? {}),
    ...(run === undefined || weight === undefined ? {} : { weight }),
    ...(verdict === undefined || verdict.kind === 'Pass'
      ? {}
      : { check: { name: verdict.check, value: verdict.value ?? '', limit: verdict.limit ?? '' } }),
    ...(rollback?.commit === undefined ? {} : { commit: { id: rollback.commit } }),
    ...(rollback?.pullRequest === undefined
      ? {}
      : { pullRequest: { number: rollback.pullRequest.number, url: rollback.pullRequest.url } }),
    steps: (run?.steps ?? []).map(step => ({ at: millis(step.at), text: step.text })),
  };
}

/** The highest weight of the run; the status itself is back at 0 once the run has ended. */
function weightReached(steps: NonNullable<CanaryRunStatus['steps']>): number | undefined {
  const highest = Math.max(0, ...steps.map(step => step.weight ?? 0));
  return highest > 0 ? highest : undefined;
}
