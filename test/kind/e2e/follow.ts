/** Follows one Canary by a watch: every version of it, as people would see it go by, and bounded waits for what comes next. */
import { KubeConfig, Watch } from '@kubernetes/client-node';
import type { CanaryStatus } from '../../../src/api/canary-status.ts';
import { access } from '../fixture.ts';
import { waitFor } from '../lib/wait.ts';

export type CanaryObject = {
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string };
  status?: CanaryStatus;
};

export type Followed = {
  /** Every status that was seen, oldest first. */
  readonly history: readonly CanaryStatus[];
  /** The newest status; `{}` before there is one. */
  status(): CanaryStatus;
  /** Resolves with the first status, from now on or the present one, for which `holds` is true. */
  until(what: string, holds: (status: CanaryStatus) => boolean, timeoutMs?: number): Promise<CanaryStatus>;
  phase(phase: CanaryStatus['phase'], timeoutMs?: number): Promise<CanaryStatus>;
  /** Called with every status, those seen before included. */
  onStatus(listener: (status: CanaryStatus) => void): void;
  stop(): void;
};

/** The caller stops it, or the test process does not end. */
export async function follow(namespace: string, name: string): Promise<Followed> {
  const config = new KubeConfig();
  config.loadFromFile((await access()).kubeconfig);
  const watch = new Watch(config);
  const history: CanaryStatus[] = [];
  const listeners: ((status: CanaryStatus) => void)[] = [];
  const path = `/apis/siskin.dev/v1beta1/namespaces/${namespace}/canaries`;
  let stopped = false;
  let running: AbortController | undefined;
  let seen = '';

  function take(object: CanaryObject): void {
    if (object.metadata.resourceVersion === seen || object.status === undefined) return;
    seen = object.metadata.resourceVersion;
    history.push(object.status);
    for (const listener of listeners) listener(object.status);
  }

  async function run(): Promise<void> {
    const query = { fieldSelector: `metadata.name=${name}` };
    running = await watch.watch(
      path,
      query,
      (type, object: CanaryObject) => {
        if (type === 'ADDED' || type === 'MODIFIED') take(object);
      },
      () => {
        if (!stopped) setTimeout(() => void run().catch(() => {}), 500);
      },
    );
    if (stopped) running.abort();
  }

  await run();
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
    phase: (phase, timeoutMs) => until(`phase ${phase}`, now => now.phase === phase, timeoutMs),
    onStatus(listener) {
      for (const past of history) listener(past);
      listeners.push(listener);
    },
    stop() {
      stopped = true;
      running?.abort();
    },
  };
}
