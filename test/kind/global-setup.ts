/** Before the first end-to-end test: the cluster is up and runs Siskin. Both stay, for the next run and for whoever looks into a failure. */
import { mend } from './e2e/mend.ts';
import { installOperator } from './fixture.ts';
import { clusterUp } from './up.ts';

export async function setup(): Promise<void> {
  await clusterUp();
  await mend();
  await installOperator();
}
