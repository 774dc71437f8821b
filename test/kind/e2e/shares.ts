/** Who answered: the canary's share of real answers step by step, compared with the weight that the step asked for. */
import type { CanaryStatus } from '../../../src/api/canary-status.ts';
import { type LoadStats, summarize } from '../fixture.ts';

type Seconds = LoadStats['seconds'];

export type Stretch = { weight: number; from: number; to: number };

/**
 * The times, in ms, during which a run gave its canary one weight, without the one that is still going on. They end with
 * the analysis: from the promotion on, the primary's new pods answer with the new version too.
 */
export function stretchesOf(history: readonly CanaryStatus[], runId: string | undefined): Stretch[] {
  const stretches: Stretch[] = [];
  let open: Stretch | undefined;
  for (const { run, phase, canaryWeight = 0 } of history) {
    const at = run?.steps?.at(-1)?.at;
    if (run === undefined || run.id !== runId || at === undefined) continue;
    const weight = phase === 'Progressing' ? (run.weight ?? canaryWeight) : 0;
    if (weight === (open?.weight ?? 0)) continue;
    const from = Date.parse(at);
    if (open !== undefined) stretches.push({ ...open, to: from });
    open = weight === 0 ? undefined : { weight, from, to: from };
  }
  return stretches;
}

/** The status tells of a weight a moment before the gateway follows it, and requests under way finish on the old one. */
const settleMs = 2_000;

export type Share = { weight: number; answers: number; measured: number; tolerance: number };

/** Whole seconds inside the stretch; undefined where it was too short to hold one. */
export function shareIn(seconds: Seconds, stretch: Stretch, version: string): Share | undefined {
  const inside = seconds.filter(
    ({ second }) => second * 1_000 >= stretch.from + settleMs && (second + 1) * 1_000 <= stretch.to,
  );
  const summary = summarize({ seconds: inside });
  if (summary.answered === 0) return undefined;
  const wanted = stretch.weight / 100;
  // Four standard deviations of a binomial draw, and two answers for the turn of the round.
  const deviation = Math.sqrt((wanted * (1 - wanted)) / summary.answered);
  return {
    weight: stretch.weight,
    answers: summary.answered,
    measured: summary.share(version),
    tolerance: 4 * deviation + 2 / summary.answered,
  };
}

/** What no release may cause: answers that failed without coming from a pod of `badVersion`, and requests without an answer. */
export function unexplainedFailures(seconds: Seconds, badVersion?: string): Record<string, number> {
  const failures: Record<string, number> = {};
  const add = (what: string, count: number): void => {
    failures[what] = (failures[what] ?? 0) + count;
  };
  for (const second of seconds) {
    for (const [cause, count] of Object.entries(second.transportErrors)) add(cause, count);
    for (const [version, statuses] of Object.entries(second.versions)) {
      for (const [status, count] of Object.entries(statuses)) {
        const excused = version !== '' && version === badVersion;
        if (status !== '200' && !excused) add(`HTTP ${status} from ${version || 'the gateway'}`, count);
      }
    }
  }
  return failures;
}
