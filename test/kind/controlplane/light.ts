/** A control plane without nodes: a real etcd and a real kube-apiserver on loopback, for tests of the API alone. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureProgram } from '../build/binaries.ts';
import { kube } from '../build/catalogue.ts';
import { step } from '../lib/progress.ts';
import { FatalWait, waitFor } from '../lib/wait.ts';
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  identities,
  prepareApiServer,
} from './api-server.ts';
import { type ChildDaemon, hasEnded, logTail, startChild, stopChild } from './child.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { askApi } from './ready.ts';

export type ControlPlane = {
  kubeconfig: string;
  url: string;
  caFile: string;
  adminToken: string;
  auditLog: string;
  /** A kubectl of the same version. */
  kubectl: string;
  stop(): Promise<void>;
};

export type ControlPlaneOptions = {
  /** Also run kube-controller-manager: ReplicaSets, garbage collection, ServiceAccounts. Pods still never run. */
  controllerManager?: boolean;
};

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function requireRunning(daemons: ChildDaemon[]): void {
  const ended = daemons.find(hasEnded);
  if (ended !== undefined) {
    throw new FatalWait(`${ended.name} ended while starting; the end of its log:\n${logTail(ended.logFile)}`);
  }
}

async function boot(programs: string, options: ControlPlaneOptions): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-control-plane-'));
  const daemons: ChildDaemon[] = [];
  const start = (name: string, args: string[]): void => {
    daemons.push(startChild(join(programs, name), args, join(folder, `${name}.log`)));
  };
  const stop = async (): Promise<void> => {
    for (const daemon of daemons.toReversed()) await stopChild(daemon);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [clientPort, peerPort, port] = await Promise.all([freePort(), freePort(), freePort()]);
    const etcdUrl = `http://127.0.0.1:${clientPort}`;
    const url = `https://127.0.0.1:${port}`;
    mkdirSync(join(folder, 'etcd'), { mode: 0o700 });
    start('etcd', etcdArguments(join(folder, 'etcd'), etcdUrl, `http://127.0.0.1:${peerPort}`));
    const files = await prepareApiServer(folder, ['127.0.0.1']);
    start('kube-apiserver', [
      ...apiServerArguments(files, { bind: '127.0.0.1', advertise: '127.0.0.1', port, etcdUrl }),
      '--endpoint-reconciler-type=none',
      // Nobody creates the namespaces' default ServiceAccount without a controller manager.
      ...(options.controllerManager === true ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ]);
    const entry = { url, caFile: files.caFile };
    const adminToken = files.tokens.admin;
    await waitFor(
      'the API server to be ready',
      async () => {
        requireRunning(daemons);
        const { status } = await askApi({ ...entry, path: '/readyz', token: adminToken });
        return status === 200 ? true : undefined;
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
    const kubeconfig = writeKubeconfig({
      ...entry,
      file: join(folder, 'kubeconfig'),
      token: adminToken,
      user: identities.admin.user,
    });
    if (options.controllerManager === true) {
      const file = join(folder, 'controller-manager.kubeconfig');
      const { user } = identities.controllerManager;
      const own = writeKubeconfig({ ...entry, file, token: files.tokens.controllerManager, user });
      start('kube-controller-manager', [
        ...controllerManagerArguments(files, own),
        '--bind-address=127.0.0.1',
        `--secure-port=${await freePort()}`,
      ]);
      await waitFor('the default ServiceAccount', async () => {
        requireRunning(daemons);
        const path = '/api/v1/namespaces/default/serviceaccounts/default';
        const { status } = await askApi({ ...entry, path, token: adminToken });
        return status === 200 ? true : undefined;
      });
    }
    return {
      kubeconfig,
      url,
      caFile: files.caFile,
      adminToken,
      auditLog: files.auditLog,
      kubectl: join(programs, 'kubectl'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Another process may take a free port between the asking and the listening; then a second attempt gets others. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const programs = await ensureProgram(kube);
  return step('starting etcd and kube-apiserver', async () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await boot(programs, options);
      } catch (error) {
        const portTaken = error instanceof Error && error.message.includes('address already in use');
        if (!portTaken || attempt === 3) throw error;
      }
    }
  });
}
