/** A watch that lasts: every version of some objects, from the present ones on, across disconnections. */
import { KubeConfig, Watch } from '@kubernetes/client-node';
import { access } from '../fixture.ts';

export type Watched = { metadata: { name: string; resourceVersion: string } };

export type Watching<T> = {
  /** Every version of every object, oldest first. */
  readonly seen: readonly T[];
  /** Who does not call it keeps the process alive. */
  stop(): void;
};

export async function watchObjects<T extends Watched>(
  path: string,
  query: Record<string, string>,
  onObject: (object: T) => void = () => {},
): Promise<Watching<T>> {
  const config = new KubeConfig();
  config.loadFromFile((await access()).kubeconfig);
  const watch = new Watch(config);
  const versions = new Map<string, string>();
  const seen: T[] = [];
  let stopped = false;
  let running: AbortController | undefined;

  function take(type: string, object: T): void {
    if (type !== 'ADDED' && type !== 'MODIFIED') return;
    const { name, resourceVersion } = object.metadata;
    if (versions.get(name) === resourceVersion) return;
    versions.set(name, resourceVersion);
    seen.push(object);
    onObject(object);
  }

  async function run(): Promise<void> {
    running = await watch.watch(path, query, take, () => {
      // Each new watch starts with what is there now, so nothing but versions in between can be missed.
      if (!stopped) setTimeout(() => void run(), 200);
    });
    if (stopped) running.abort();
  }

  await run();
  return {
    seen,
    stop() {
      stopped = true;
      running?.abort();
    },
  };
}
