/** Starts the daemons of a cluster, writes each one down at once, and finds the one that died. */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { logTail } from '../controlplane/child.ts';
import { isAlive } from '../lib/process-identity.ts';
import { FatalWait } from '../lib/wait.ts';
import { sandboxProc, startInSandbox } from './sandbox.ts';
import { type ClusterState, writeState } from './state.ts';

/** First whoever would start again what is stopped after it. */
export const stopOrder = [
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'containerd',
  'kube-apiserver',
  'etcd',
];

export class Daemons {
  readonly cluster: string;
  readonly folder: string;
  readonly state: ClusterState;

  constructor(cluster: string, folder: string, state: ClusterState) {
    this.cluster = cluster;
    this.folder = folder;
    this.state = state;
  }

  logFile(name: string): string {
    return join(this.folder, 'logs', `${name}.log`);
  }

  /** The log of the previous boot is kept beside the new one: a boot that failed is often looked at after the next. */
  async start(name: string, program: string, args: string[]): Promise<void> {
    const logFile = this.logFile(name);
    if (existsSync(logFile)) renameSync(logFile, `${logFile}.previous`);
    this.state.daemons[name] = await startInSandbox(this.state.init, { program, args, logFile });
    writeState(this.cluster, this.state);
  }

  dead(): string[] {
    const proc = sandboxProc(this.state.init);
    return Object.entries(this.state.daemons).flatMap(([name, daemon]) =>
      isAlive(daemon, proc) ? [] : [name],
    );
  }

  requireRunning(): void {
    const [name] = this.dead();
    if (name === undefined) return;
    throw new FatalWait(
      `${name} ended; its log ${this.logFile(name)} ends with:\n${logTail(this.logFile(name))}`,
    );
  }
}
