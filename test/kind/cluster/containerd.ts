/** Talks to the cluster's containerd by its own command line: images in, left-over containers out. */
import type { ProcessIdentity } from '../lib/process-identity.ts';
import type { RunResult } from '../lib/run.ts';
import { waitFor } from '../lib/wait.ts';
import type { Daemons } from './daemons.ts';
import type { ImageArchive } from './driver.ts';
import { containerdSocket } from './node-daemons.ts';
import { runInSandbox } from './sandbox.ts';

function ctr(init: ProcessIdentity, folder: string, args: string[], timeoutMs = 30_000): Promise<RunResult> {
  return runInSandbox(
    init,
    'ctr',
    ['--address', containerdSocket(folder), '--namespace', 'k8s.io', ...args],
    { timeoutMs },
  );
}

function lines({ stdout }: RunResult): string[] {
  return stdout.split('\n').filter(line => line !== '');
}

export async function waitForContainerd(daemons: Daemons): Promise<void> {
  const { state, folder } = daemons;
  await waitFor(
    'containerd to answer',
    async () => {
      daemons.requireRunning();
      const plugins = await ctr(state.init, folder, ['plugins', 'list']);
      const cri = lines(plugins).find(line => /grpc\.v1\s+cri\s/.test(line));
      return cri?.trimEnd().endsWith('ok') === true ? true : undefined;
    },
    { everyMs: 100 },
  );
}

/** Images outlive a boot, containers must not: their processes ended with the sandbox of the boot before. */
export async function removeContainers(init: ProcessIdentity, folder: string): Promise<void> {
  const containers = lines(await ctr(init, folder, ['containers', 'list', '--quiet']));
  if (containers.length > 0) await ctr(init, folder, ['containers', 'delete', ...containers]);
}

export async function importImages(
  init: ProcessIdentity,
  folder: string,
  images: ImageArchive[],
): Promise<void> {
  for (const { file } of images) await ctr(init, folder, ['images', 'import', file], 180_000);
}
