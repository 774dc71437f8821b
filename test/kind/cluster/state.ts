/** The embedded cluster's own record: where its sandbox is, which daemons run in it, which addresses it has. */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterFolder } from '../lib/paths.ts';
import type { ProcessIdentity } from '../lib/process-identity.ts';

export type Network = { index: number; hostInterface: string; hostAddress: string; nodeAddress: string };

export type ClusterState = {
  network: Network;
  /** The first process of the sandbox's PID namespace, as the host numbers it: with it everything inside ends. */
  init: ProcessIdentity;
  /** As the sandbox numbers them. */
  daemons: Record<string, ProcessIdentity>;
};

function stateFile(cluster: string): string {
  return join(clusterFolder(cluster), 'state.json');
}

export function readState(cluster: string): ClusterState | undefined {
  try {
    const state: ClusterState = JSON.parse(readFileSync(stateFile(cluster), 'utf8'));
    return state;
  } catch {
    return undefined;
  }
}

export function writeState(cluster: string, state: ClusterState): void {
  const file = stateFile(cluster);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

export function forgetState(cluster: string): void {
  rmSync(stateFile(cluster), { force: true });
}
