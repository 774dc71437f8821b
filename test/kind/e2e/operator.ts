/** The operator in the cluster: which identity it has, which replica acts, and SIGKILL for that one. */
import { readdirSync, readFileSync } from 'node:fs';
import { getObject, kubectl, operatorNamespace, waitFor } from '../fixture.ts';

/** As the audit log names it. */
export const operatorUser = `system:serviceaccount:${operatorNamespace}:siskin`;

type Lease = { spec: { holderIdentity?: string } };
type Pod = { status: { containerStatuses?: { containerID?: string; restartCount: number }[] } };

/** The replica that acts, by its pod's name. */
async function leader(): Promise<string> {
  return waitFor('a leader', async () => {
    const lease = await getObject<Lease>('lease', 'siskin', operatorNamespace);
    return lease?.spec.holderIdentity === '' ? undefined : lease?.spec.holderIdentity;
  });
}

/** Kills the leader's process itself, not its pod in good order. Its container starts again; another may lead by then. */
export async function killLeader(): Promise<string> {
  const name = await leader();
  const pod = await getObject<Pod>('pod', name, operatorNamespace);
  const [container] = pod?.status.containerStatuses ?? [];
  const id = container?.containerID?.split('://')[1];
  if (id === undefined) throw new Error(`pod ${name} runs no container`);
  const killed = processesOf(id).filter(kill);
  if (killed.length === 0) throw new Error(`no process of container ${id} can be seen on this machine`);
  return name;
}

/** False where it is gone already: with a container's first process the kernel takes all others, git among them. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Processes in containers are processes of this machine's kernel; their control group tells whose they are. */
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

/** Both replicas serve. */
export async function operatorWhole(): Promise<void> {
  await kubectl(['-n', operatorNamespace, 'rollout', 'status', 'deployment/siskin', '--timeout=120s']);
}

/** How often containers of the operator have been started again, over all replicas. */
export async function restarts(): Promise<number> {
  const counts = 'jsonpath={.items[*].status.containerStatuses[*].restartCount}';
  const pods = ['-n', operatorNamespace, 'get', 'pods', '--selector=app=siskin', '-o', counts];

  return (await kubectl(pods)).split(' ').reduce((sum, count) => sum + Number(count), 0);
}
