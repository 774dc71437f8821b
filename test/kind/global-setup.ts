/** Before the first end-to-end test: the cluster is up and runs Siskin. Both stay, for the next run and for whoever looks into a failure. */
import { mend } from './e2e/mend.ts';
import { installOperator } from './fixture.ts';
import { argoCdArchive, giteaArchive } from './images/built-images.ts';
import { fluxArchives, registryArchive } from './images/static-images.ts';
import { clusterUp } from './up.ts';

export async function setup(): Promise<void> {
  await buildAll();
  await clusterUp();
  await mend();
  await installOperator();
}

/**
 * What single tests install too, one after the other, because each build uses every core. Not in the hooks of those
 * tests: they have a time limit, which is for what hangs, and with an empty cache a build may take longer.
 */
async function buildAll(): Promise<void> {
  await argoCdArchive();
  await fluxArchives();
  await giteaArchive();
  await registryArchive();
}
