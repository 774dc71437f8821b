/** SIGKILL for the operator's leader: the process itself, not the pod's orderly end. */
import { readdirSync, readFileSync } from 'node:fs';
import { getObject, kubectl, operatorNamespace, waitFor } from '../fixture.ts';

type Lease = { spec: { holderIdentity?: string } };
type Pod = { status: { containerStatuses?: { containerID?: string; restartCount: number }[] } };

/** The replica that acts, which is a pod's name. */
export async function leader(): Promise<string> {
  return waitFor('a leader', async () => {
    const lease = await getObject<Lease>('lease', 'siskin', operatorNamespace);
    return lease?.spec.holderIdentity === '' ? undefined : lease?.spec.holderIdentity;
  });
}

/** Kills it and answers which pod it was; its container starts again, and another replica may lead in the meantime. */
export async function killLeader(): Promise<string> {
  const name = await leader();
  const pod = await getObject<Pod>('pod', name, operatorNamespace);
  const [container] = pod?.status.containerStatuses ?? [];
  const id = container?.containerID?.split('://')[1];
  if (id === undefined) throw new Error(`pod ${name} runs no container`);
  const pids = processesOf(id);
  if (pids.length === 0) throw new Error(`no process of container ${id} is visible on this machine`);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return name;
}

/** The node's processes are children of this machine's kernel, so their control groups tell whose they are. */
function processesOf(containerId: string): number[] {
  return readdirSync('/proc')
    .filter(entry => /^\d+$/u.test(entry))
    .map(Number)
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(containerId);
      } catch {
        return false; // it ended in between
      }
    });
}

/** Both replicas serve again, so that the next test starts from a whole operator. */
export async function operatorWhole(): Promise<void> {
  await kubectl(['-n', operatorNamespace, 'rollout', 'status', 'deployment/siskin', '--timeout=120s']);
}
