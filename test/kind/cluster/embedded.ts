/** The cluster without Docker: every component is a process of its own in one sandbox of namespaces. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram } from '../build/binaries.ts';
import { kube } from '../build/catalogue.ts';
import { ensureDebianPackages } from '../build/debian.ts';
import { askApi } from '../controlplane/ready.ts';
import { withLock } from '../lib/lock.ts';
import { clusterFolder, stateRoot } from '../lib/paths.ts';
import { isAlive } from '../lib/process-identity.ts';
import { note, step } from '../lib/progress.ts';
import { bootDaemons } from './boot.ts';
import { createCgroups, removeCgroups } from './cgroups.ts';
import { importImages } from './containerd.ts';
import { Daemons, stopOrder } from './daemons.ts';
import type { ClusterAccess, ClusterDriver, ImageArchive } from './driver.ts';
import { joinNetwork, leaveNetwork } from './network.ts';
import { createSandbox, destroyOrphan, destroySandbox, stopInSandbox } from './sandbox.ts';
import { type ClusterState, forgetState, readState, writeState } from './state.ts';

const hostPackages = [
  'containerd',
  'runc',
  'containernetworking-plugins',
  'iptables',
  'conntrack',
  'iproute2',
  'openssl',
];

/** What belongs to one boot; images, certificates and logs are kept for the next. */
const perBoot = ['etcd', 'kubelet', 'private', 'cni-addresses', 'audit.log'];

export class EmbeddedCluster implements ClusterDriver {
  readonly kind = 'embedded';
  readonly cluster: string;
  readonly folder: string;

  constructor(cluster: string) {
    this.cluster = cluster;
    this.folder = clusterFolder(cluster);
  }

  private running(): ClusterState {
    const state = readState(this.cluster);
    if (state === undefined || !isAlive(state.init)) {
      throw new Error(`cluster ${this.cluster} is not up; start it with: make cluster-up`);
    }
    return state;
  }

  private recorded(file: string): Record<string, string> {
    try {
      const values: Record<string, string> = JSON.parse(readFileSync(join(this.folder, file), 'utf8'));
      return values;
    } catch {
      return {};
    }
  }

  async isHealthy(): Promise<boolean> {
    const state = readState(this.cluster);
    if (state === undefined || !isAlive(state.init)) return false;
    if (new Daemons(this.cluster, this.folder, state).dead().length > 0) return false;
    const token = this.recorded('tokens.csv.json')['admin'] ?? '';
    const url = `https://${state.network.nodeAddress}:6443`;
    const answer = await askApi({
      url,
      path: '/readyz',
      caFile: join(this.folder, 'pki', 'ca.crt'),
      token,
    }).catch(() => undefined);
    return answer?.status === 200;
  }

  async create(): Promise<void> {
    if (process.getuid?.() !== 0)
      throw new Error('without Docker the cluster needs root (namespaces, mounts, cgroups)');
    await ensureDebianPackages(hostPackages);
    const programs = await ensureProgram(kube);
    await this.destroy();
    for (const name of perBoot) rmSync(join(this.folder, name), { recursive: true, force: true });
    await step(`booting cluster ${this.cluster}`, async () => {
      mkdirSync(join(this.folder, 'logs'), { recursive: true });
      createCgroups(this.cluster);
      const init = await createSandbox(this.folder);
      try {
        const network = await withLock(join(stateRoot(), 'networks.lock'), 'joining a network', () =>
          joinNetwork(init),
        );
        const state: ClusterState = { init, network, daemons: {} };
        writeState(this.cluster, state);
        await bootDaemons(new Daemons(this.cluster, this.folder, state), programs);
      } catch (error) {
        note(`the logs of every daemon are in ${join(this.folder, 'logs')}`);
        await this.destroy();
        await destroySandbox(init);
        throw error;
      }
    });
  }

  async destroy(): Promise<void> {
    const state = readState(this.cluster);
    if (state !== undefined && isAlive(state.init)) {
      await step(`stopping cluster ${this.cluster}`, async () => {
        for (const name of stopOrder) {
          const daemon = state.daemons[name];
          if (daemon !== undefined) await stopInSandbox(state.init, daemon, 2_000);
        }
        // Only while the sandbox lives: after it the interface's name may already be another cluster's.
        await leaveNetwork(state.network);
        await destroySandbox(state.init);
      });
    }
    await destroyOrphan(this.folder);
    await removeCgroups(this.cluster);
    forgetState(this.cluster);
  }

  /** An archive's file is never changed after it was written, so the pair of name and file tells what is loaded. */
  async loadImages(images: ImageArchive[]): Promise<void> {
    const loaded = this.recorded('images.json');
    const missing = images.filter(({ name, file }) => loaded[name] !== file);
    if (missing.length === 0) return;
    const { init } = this.running();
    const names = missing.map(({ name }) => name).join(' ');
    await step(`loading images ${names}`, () => importImages(init, this.folder, missing));
    for (const { name, file } of missing) loaded[name] = file;
    writeFileSync(join(this.folder, 'images.json'), JSON.stringify(loaded, null, 2));
  }

  access(): ClusterAccess {
    const { network } = this.running();
    return {
      kubeconfig: join(this.folder, 'kubeconfig'),
      kubectl: join(this.folder, 'kubectl'),
      nodeHost: network.nodeAddress,
      auditLog: join(this.folder, 'audit.log'),
    };
  }

  describe(): string[] {
    const state = readState(this.cluster);
    if (state === undefined || !isAlive(state.init)) return [`cluster ${this.cluster} (embedded) is down`];
    const daemons = new Daemons(this.cluster, this.folder, state);
    const dead = daemons.dead();
    return [
      `cluster ${this.cluster} (embedded), node ${state.network.nodeAddress}, state in ${this.folder}`,
      ...Object.keys(state.daemons).map(name =>
        dead.includes(name) ? `  ${name}: ended, see ${daemons.logFile(name)}` : `  ${name}: running`,
      ),
    ];
  }
}
