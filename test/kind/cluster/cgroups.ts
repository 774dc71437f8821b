/** The cluster's own branch in every cgroup hierarchy, so that two kubelets on one machine never meet. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../lib/wait.ts';

export function cgroupRootName(cluster: string): string {
  return `siskin-${cluster}`;
}

/** One folder with cgroup v2, one per controller with v1. */
function hierarchies(): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .flatMap(([, mountPoint]) => (mountPoint === undefined ? [] : [mountPoint]));
}

export function createCgroups(cluster: string): void {
  for (const hierarchy of hierarchies()) {
    const folder = join(hierarchy, cgroupRootName(cluster));
    mkdirSync(folder, { recursive: true });
    // A cpuset of version 1 starts empty and takes no process until it is filled.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (existsSync(join(folder, 'cpuset.sched_load_balance'))) {
        writeFileSync(join(folder, file), readFileSync(join(hierarchy, file)));
      }
    }
  }
}

function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  rmdirSync(folder);
}

/** Processes that were just killed keep their group busy for a moment. */
export async function removeCgroups(cluster: string): Promise<void> {
  const folders = hierarchies().map(hierarchy => join(hierarchy, cgroupRootName(cluster)));
  await waitFor(
    'the cluster’s cgroups to be empty',
    () => {
      for (const folder of folders) if (existsSync(folder)) removeTree(folder);
      return true;
    },
    { timeoutMs: 15_000, everyMs: 100 },
  );
}
