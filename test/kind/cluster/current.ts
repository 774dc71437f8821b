/** Chooses who runs the cluster: kind where Docker and kind are, the embedded one elsewhere. */
import { hasDocker } from '../images/docker.ts';
import { clusterName } from '../lib/paths.ts';
import { run } from '../lib/run.ts';
import type { ClusterDriver } from './driver.ts';
import { EmbeddedCluster } from './embedded.ts';
import { KindCluster } from './kind.ts';

let chosen: Promise<ClusterDriver> | undefined;

async function choose(): Promise<ClusterDriver> {
  const hasKind = await run('kind', ['version']).then(
    () => true,
    () => false,
  );
  return hasKind && (await hasDocker()) ? new KindCluster(clusterName()) : new EmbeddedCluster(clusterName());
}

export function currentCluster(): Promise<ClusterDriver> {
  chosen ??= choose();
  return chosen;
}
