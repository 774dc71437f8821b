/** Joins the sandbox's network to the host by one pair of interfaces, on a small subnet that nothing else uses. */
import type { ProcessIdentity } from '../lib/process-identity.ts';
import { run } from '../lib/run.ts';
import { runInSandbox } from './sandbox.ts';
import type { Network } from './state.ts';

export const podSubnet = '10.244.0.0/16';
export const dnsAddress = '10.96.0.10';

const clustersAtMost = 16;

/** Pods and services are numbered alike in every cluster: they never leave the sandbox; only this pair is on the host. */
function networkAt(index: number): Network {
  return {
    index,
    hostInterface: `siskin${index}`,
    hostAddress: `10.201.${index}.1`,
    nodeAddress: `10.201.${index}.2`,
  };
}

async function isFree({ index, hostInterface }: Network): Promise<boolean> {
  const [links, routes] = await Promise.all([
    run('ip', ['-o', 'link', 'show']),
    run('ip', ['-o', '-4', 'route', 'show', 'table', 'all']),
  ]);
  const subnetInUse = new RegExp(`(^|\\s)10\\.201\\.${index}\\.`, 'm').test(routes.stdout);
  return !subnetInUse && !links.stdout.includes(` ${hostInterface}@`);
}

/** The caller holds the lock under which networks are given out. */
export async function joinNetwork(init: ProcessIdentity): Promise<Network> {
  for (let index = 0; index < clustersAtMost; index += 1) {
    const network = networkAt(index);
    if (!(await isFree(network))) continue;
    const { hostInterface, hostAddress, nodeAddress } = network;
    const peer = ['peer', 'name', 'eth0', 'netns', String(init.pid)];
    await run('ip', ['link', 'add', hostInterface, 'type', 'veth', ...peer]);
    await run('ip', ['address', 'add', `${hostAddress}/30`, 'dev', hostInterface]);
    await run('ip', ['link', 'set', hostInterface, 'up']);
    await runInSandbox(init, 'ip', ['address', 'add', `${nodeAddress}/30`, 'dev', 'eth0']);
    await runInSandbox(init, 'ip', ['link', 'set', 'eth0', 'up']);
    await runInSandbox(init, 'ip', ['route', 'add', 'default', 'via', hostAddress]);
    return network;
  }
  throw new Error(`no free network 10.201.0-${clustersAtMost - 1}.0/30 for another cluster`);
}

/** The kernel removes the pair with the sandbox, but not in the same moment, and the next boot wants the address. */
export async function leaveNetwork({ hostInterface }: Network): Promise<void> {
  await run('ip', ['link', 'delete', hostInterface], { okCodes: [1] });
}
