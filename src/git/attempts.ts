/** Trying again: what every write to a branch needs where somebody else may be faster, and when it leaves the rest to its caller. */
import { sleep } from '../runtime/clock.ts';
import type { Clock } from '../runtime/port.ts';
import { GitError } from './port.ts';
import type { PublishDependencies } from './publish.ts';

export interface WriteDependencies extends PublishDependencies {
  readonly clock: Clock;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

/** A branch so busy that eight attempts lose leaves the rest to the caller's back-off. */
export const mostAttempts = 8;
/** Outcomes that nobody knows. */
export const mostUnknown = 2;

/** Waits a random while, longer on average with each attempt (full jitter), at most 2 s. */
export function pauseAfter(attempt: number, { clock, random }: WriteDependencies): Promise<void> {
  return sleep(clock, random() * Math.min(2_000, 50 * 2 ** attempt));
}

export function everyAttemptLost(repository: string, branch: string): GitError {
  return new GitError(
    'PushRejected',
    `ManifestRepository ${repository}: branch ${branch} moved during each of ${mostAttempts} attempts to push`,
    { transient: true },
  );
}
