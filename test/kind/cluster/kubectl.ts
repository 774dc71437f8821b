/** Runs the cluster's own kubectl, of the cluster's own version, never with whatever configuration the user has. */
import { type RunOptions, run } from '../lib/run.ts';
import type { ClusterAccess } from './driver.ts';

export async function runKubectl(
  access: Pick<ClusterAccess, 'kubectl' | 'kubeconfig'>,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  const { stdout } = await run(access.kubectl, ['--kubeconfig', access.kubeconfig, ...args], {
    timeoutMs: 120_000,
    ...options,
  });
  return stdout;
}

/** Server-side, under the fixture's own field manager: applying the same again changes nothing. */
export async function applyManifests(
  access: ClusterAccess,
  manifests: string | object | object[],
): Promise<void> {
  const input =
    typeof manifests === 'string'
      ? manifests
      : JSON.stringify({
          apiVersion: 'v1',
          kind: 'List',
          items: Array.isArray(manifests) ? manifests : [manifests],
        });
  const flags = ['--server-side', '--force-conflicts', '--field-manager=siskin-fixture'];
  await runKubectl(access, ['apply', ...flags, '-f', '-'], { input });
}
