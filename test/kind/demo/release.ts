/** One release as the audience sees it: each change of the Canary as a line, with the share that real answers had until then. */
import type { CanaryStatus } from '../../../src/api/canary-status.ts';
import type { Followed } from '../e2e/follow.ts';
import { type Share, type Stretch, shareIn, stretchesOf } from '../e2e/shares.ts';
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
  let steps = 0;
  let shares = 0;
  let telling = Promise.resolve();
  const silence = followed.onStatus(({ run }) => {
    if (run === undefined || run.id === before) return;
    const over = stretchesOf(followed.history, run.id);
    const fresh = (run.steps ?? []).slice(steps).map(({ text }) => text);
    telling = tell(telling, over.slice(shares), fresh, version);
    telling.catch(() => {}); // it is awaited at the end, and must not end the process before
    steps += fresh.length;
    shares = over.length;
  });
  try {
    const end = await followed.runOf(deploy);
    await telling;
    return end;
  } finally {
    silence();
  }
}

/** After what was told before: the share that each weight which is over really had, then what came next. */
async function tell(
  before: Promise<void>,
  over: readonly Stretch[],
  texts: readonly string[],
  version: string,
): Promise<void> {
  await before;
  for (const stretch of over) {
    const { seconds } = await loadStats({ stream: loadStream });
    const share = shareIn(seconds, stretch, version);
    if (share === undefined) continue;
    say(`  measured: ${percent(share.measured)} of ${share.answers} answers came from ${version}`);
    claimShare(share, version);
  }
  for (const text of texts) say(text);
}

function claimShare({ weight, measured, tolerance, answers }: Share, version: string): void {
  claim(
    Math.abs(measured - weight / 100) <= tolerance,
    `${weight} % of the requests were for ${version}, but ${percent(measured)} of ${answers} answers came from it`,
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
