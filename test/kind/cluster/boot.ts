/** The order in which a cluster comes up, and what is waited for between the steps. */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ApiServerFiles,
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  identities,
  prepareApiServer,
} from '../controlplane/api-server.ts';
import { writeKubeconfig } from '../controlplane/kubeconfig.ts';
import { type ApiAnswer, askApi } from '../controlplane/ready.ts';
import { pauseArchive } from '../images/static-images.ts';
import { waitFor } from '../lib/wait.ts';
import { importImages, removeContainers, waitForContainerd } from './containerd.ts';
import type { Daemons } from './daemons.ts';
import { kubeletArguments, nodeName, proxyArguments, writeContainerdConfig } from './node-daemons.ts';

const apiPort = 6443;
const etcdUrl = 'http://127.0.0.1:2379';

type ApiAccess = { url: string; caFile: string; token: string };

function ask(access: ApiAccess, path: string): Promise<ApiAnswer> {
  return askApi({ ...access, path });
}

async function startApiServer(daemons: Daemons, programs: string): Promise<ApiServerFiles> {
  const { folder, state } = daemons;
  const { nodeAddress } = state.network;
  mkdirSync(join(folder, 'etcd'), { recursive: true, mode: 0o700 });
  await daemons.start(
    'etcd',
    join(programs, 'etcd'),
    etcdArguments(join(folder, 'etcd'), etcdUrl, 'http://127.0.0.1:2380'),
  );
  const files = await prepareApiServer(folder, [nodeAddress]);
  const address = { bind: '0.0.0.0', advertise: nodeAddress, port: apiPort, etcdUrl };
  await daemons.start('kube-apiserver', join(programs, 'kube-apiserver'), apiServerArguments(files, address));
  return files;
}

async function startContainerd(daemons: Daemons): Promise<void> {
  const { folder, state } = daemons;
  await daemons.start('containerd', 'containerd', ['--config', writeContainerdConfig(folder)]);
  await waitForContainerd(daemons);
  await removeContainers(state.init, folder);
  await importImages(state.init, folder, [await pauseArchive()]);
}

async function waitForNode(daemons: Daemons, access: ApiAccess): Promise<void> {
  await waitFor(
    'the node to be ready',
    async () => {
      daemons.requireRunning();
      const { body } = await ask(access, `/api/v1/nodes/${nodeName}`);
      const node: {
        status?: { conditions?: { type: string; status: string; message?: string }[] };
      } = JSON.parse(body);
      const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status === 'True') return true;
      throw new Error(ready?.message ?? 'the node is not registered yet');
    },
    { timeoutMs: 90_000 },
  );
}

export async function bootDaemons(daemons: Daemons, programs: string): Promise<void> {
  const { folder, state, cluster } = daemons;
  const { nodeAddress } = state.network;
  const url = `https://${nodeAddress}:${apiPort}`;
  const containerd = startContainerd(daemons);
  containerd.catch(() => {}); // awaited below; the API server's own failure comes first
  const files = await startApiServer(daemons, programs);
  const access = { url, caFile: files.caFile, token: files.tokens.admin };
  const kubeconfigOf = (name: keyof typeof identities): string => {
    const file = join(folder, name === 'admin' ? 'kubeconfig' : `${name}.kubeconfig`);
    return writeKubeconfig({
      file,
      url,
      caFile: files.caFile,
      token: files.tokens[name],
      user: identities[name].user,
    });
  };
  kubeconfigOf('admin');
  rmSync(join(folder, 'kubectl'), { force: true });
  symlinkSync(join(programs, 'kubectl'), join(folder, 'kubectl'));

  await waitFor(
    'the API server to be ready',
    async () => {
      daemons.requireRunning();
      return (await ask(access, '/readyz')).status === 200 ? true : undefined;
    },
    { timeoutMs: 90_000, everyMs: 100 },
  );
  const start = (name: string, args: string[]): Promise<void> =>
    daemons.start(name, join(programs, name), args);
  await start('kube-controller-manager', [
    ...controllerManagerArguments(files, kubeconfigOf('controllerManager')),
    '--allocate-node-cidrs=false',
  ]);
  const scheduler = kubeconfigOf('scheduler');
  const schedulerAccess = ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'];
  await start('kube-scheduler', [
    ...schedulerAccess.map(flag => `--${flag}=${scheduler}`),
    '--leader-elect=false',
  ]);
  await start('kube-proxy', proxyArguments(folder, kubeconfigOf('proxy')));
  await containerd;
  const kubeconfig = kubeconfigOf('kubelet');
  await start(
    'kubelet',
    kubeletArguments(folder, { cluster, kubeconfig, caFile: files.caFile, nodeAddress }),
  );
  await waitForNode(daemons, access);
}
