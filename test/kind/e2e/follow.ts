/** Follows one Canary: every status it had, as people would see it go by, and bounded waits for what comes next. */
import type { CanaryStatus } from '../../../src/api/canary-status.ts';
import { waitFor } from '../lib/wait.ts';
import { type Watched, watchObjects } from './watch.ts';

type CanaryObject = Watched & { status?: CanaryStatus };

export type Followed = {
  /** Every status that was seen, oldest first. */
  readonly history: readonly CanaryStatus[];
  /** The newest status; `{}` before there is one. */
  status(): CanaryStatus;
  /** Resolves with the first status, the present one included, for which `holds` is true. */
  until(what: string, holds: (status: CanaryStatus) => boolean, timeoutMs?: number): Promise<CanaryStatus>;
  phase(phase: CanaryStatus['phase'], timeoutMs?: number): Promise<CanaryStatus>;
  /** The end of the run that `start` brings about; a run that was there before does not count. */
  runOf(start: () => Promise<unknown>, timeoutMs?: number): Promise<CanaryStatus>;
  /** Called with every status from now on; answers the function that ends it. */
  onStatus(listener: (status: CanaryStatus) => void): () => void;
  stop(): void;
};

/** The caller stops it, or the test process does not end. */
export async function follow(namespace: string, name: string): Promise<Followed> {
  const history: CanaryStatus[] = [];
  const listeners = new Set<(status: CanaryStatus) => void>();
  const path = `/apis/siskin.dev/v1beta1/namespaces/${namespace}/canaries`;
  const { stop } = await watchObjects<CanaryObject>(
    path,
    { fieldSelector: `metadata.name=${name}` },
    ({ status }) => {
      if (status === undefined) return;
      history.push(status);
      for (const listener of listeners) listener(status);
    },
  );
  const status = (): CanaryStatus => history.at(-1) ?? {};

  async function until(
    what: string,
    holds: (status: CanaryStatus) => boolean,
    timeoutMs = 60_000,
  ): Promise<CanaryStatus> {
    return waitFor(
      `Canary ${namespace}/${name}: ${what}`,
      () => {
        const now = status();
        if (holds(now)) return now;
        throw new Error(`${now.phase ?? 'no phase'}, ${now.reason ?? ''}: ${now.message ?? ''}`);
      },
      { timeoutMs, everyMs: 50 },
    );
  }

  return {
    history,
    status,
    until,
    stop,
    phase: (phase, timeoutMs) => until(`phase ${phase}`, now => now.phase === phase, timeoutMs),
    async runOf(start, timeoutMs = 120_000) {
      // Before the start: the run may have begun by the time that kubectl has returned.
      const before = status().run?.id;
      await start();
      return until(
        'the end of the run',
        ({ run, phase }) =>
          run !== undefined && run.id !== before && (phase === 'Succeeded' || phase === 'Failed'),
        timeoutMs,
      );
    },
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Status of a condition; undefined where it is absent. */
export function condition({ conditions }: CanaryStatus, type: string): string | undefined {
  return conditions?.find(each => each.type === type)?.status;
}
