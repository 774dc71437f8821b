/** One release as the audience sees it: each change of the Canary as a line, with the share that real answers had until then. */
import type { CanaryStatus } from '../../../src/api/canary-status.ts';
import type { Followed } from '../e2e/follow.ts';
import { type Share, shareIn, stretchesOf } from '../e2e/shares.ts';
import { loadStats } from '../fixture.ts';
import { claim, say } from './narrate.ts';

export const loadStream = 'demo';

/** Lets `deploy` bring `version` into the cluster and tells what happens until its run has ended, well or badly. */
export async function tellRun(
  followed: Followed,
  version: string,
  deploy: () => Promise<void>,
): Promise<CanaryStatus> {
  const before = followed.status().run?.id;
  let told = 0;
  let telling = Promise.resolve();
  followed.onStatus(status => {
    const { run } = status;
    if (run === undefined || run.id === before) return;
    const steps = run.steps ?? [];
    telling = tellSteps(telling, steps, told, version);
    told = steps.length;
  });
  const end = await followed.runOf(deploy);
  await telling;
  return end;
}

type Steps = NonNullable<NonNullable<CanaryStatus['run']>['steps']>;

/** The steps from index `from` on, after those told before them. */
async function tellSteps(before: Promise<void>, steps: Steps, from: number, version: string): Promise<void> {
  await before;
  for (let index = from; index < steps.length; index += 1) {
    await tellShare(steps.slice(0, index + 1), version);
    say(steps[index]?.text ?? '');
  }
}

/** The share of the weight that has just ended. */
async function tellShare(steps: Steps, version: string): Promise<void> {
  const [last, previous] = [steps.at(-1), steps.at(-2)];
  if (last?.weight === previous?.weight) return;
  const stretch = stretchesOf(steps).at(-1);
  if (stretch === undefined || stretch.weight === 0) return;
  const { seconds } = await loadStats({ stream: loadStream });
  const share = shareIn(seconds, stretch, version);
  if (share === undefined) return;
  say(`  measured: ${percent(share.measured)} of ${share.answers} answers came from ${version}`);
  claimShare(share, version);
}

function claimShare({ weight, measured, tolerance, answers }: Share, version: string): void {
  claim(
    Math.abs(measured - weight / 100) <= tolerance,
    `${weight} % of the requests were for ${version}, but ${percent(measured)} of ${answers} answers came from it`,
  );
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
