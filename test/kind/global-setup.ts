/** Before the first end-to-end test: the cluster is up. It stays up, for the next run and for whoever looks into a failure. */
import { clusterUp } from './up.ts';

export async function setup(): Promise<void> {
  await clusterUp();
}
