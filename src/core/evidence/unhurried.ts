/** Evidence that changes nothing yet: it need not be written at every scrape, since the samples that it came from are read again. */
import { isDeepStrictEqual } from 'node:util';
import type { CanaryStatus } from '../../api/canary-status.ts';
import type { EvidencePlan } from './plan.ts';

/** What people read is at most about this old, and a pass after a crash reads so many more samples; ms. */
const longestUnwrittenMs = 15_000;

/**
 * Whether the next status may stay unwritten: it differs in nothing but what the checks say, each of them has the same
 * outcome as before, and what is written is young. The next pass judges from the written boundary and comes to the same.
 */
export function isUnhurried(
  before: CanaryStatus,
  after: CanaryStatus,
  plan: EvidencePlan | undefined,
  now: number,
): boolean {
  const [written, next] = [before.run?.evidence, after.run?.evidence];
  if (plan === undefined || written === undefined || next === undefined) return false;
  // It was written a scrape before the poll that it announces.
  const age = now - Date.parse(written.pollAt) + (written.scrapeSeconds ?? 0) * 1_000;
  if (!(age >= 0 && age < longestUnwrittenMs)) return false;
  const isSame = next.checks.every((check, index) => {
    const old = written.checks[index];
    // Nobody can be asked again what a webhook answered.
    const mustKeep = plan.checks[index]?.kind === 'webhook' && old?.state !== check.state;
    return old?.name === check.name && old.outcome === check.outcome && !mustKeep;
  });
  return isSame && isDeepStrictEqual(withoutWords(before), withoutWords(after));
}

function withoutWords(status: CanaryStatus): object {
  const { message: _, conditions = [], run, ...rest } = status;
  const { evidence: __, ...story } = run ?? {};
  return { ...rest, run: story, conditions: conditions.map(condition => ({ ...condition, message: '' })) };
}
