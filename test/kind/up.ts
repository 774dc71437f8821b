/** Brings the whole fixture up, or finds that it is: binaries, images, cluster, add-ons. */
import { join } from 'node:path';
import { forgetAddons, installAddons } from './addons/install.ts';
import { currentCluster } from './cluster/current.ts';
import type { ClusterDriver } from './cluster/driver.ts';
import { withLock } from './lib/lock.ts';
import { clusterName, stateRoot } from './lib/paths.ts';
import { note } from './lib/progress.ts';

export async function clusterUp(): Promise<ClusterDriver> {
  const driver = await currentCluster();
  const cluster = clusterName();
  await withLock(join(stateRoot(), `${cluster}.lock`), `bringing cluster ${cluster} up or down`, async () => {
    if (await driver.isHealthy()) {
      note(`cluster ${cluster} is already up`);
    } else {
      forgetAddons(cluster);
      await driver.create();
    }
    await installAddons(driver, cluster);
  });
  return driver;
}

export async function clusterDown(): Promise<void> {
  const driver = await currentCluster();
  const cluster = clusterName();
  await withLock(join(stateRoot(), `${cluster}.lock`), `bringing cluster ${cluster} up or down`, async () => {
    await driver.destroy();
    forgetAddons(cluster);
  });
}
