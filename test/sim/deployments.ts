/** A Deployment controller without pods: rollouts take virtual time, fail when told to, and report as the real one does. */
import { Deployments } from '../../src/api/resources.ts';
import type { Clock, KubeObject } from '../../src/runtime/port.ts';
import { dig, isRecord } from '../memory/json.ts';
import type { MemoryKube } from '../memory/kube.ts';

interface Pod {
  readonly image: string;
  readyAt: number;
}

interface Rollout {
  uid: string;
  image: string;
  startedAt: number;
  pods: Pod[];
}

export interface PodTimes {
  /** Time from creation to ready; infinite for pods that never start. */
  startMs(image: string, deployment: string): number;
  /** Until a change of the object is taken up. */
  readonly lagMs: number;
}

export function imageOf(object: KubeObject | undefined): string {
  const containers = dig(object?.spec, 'template', 'spec', 'containers');
  const first: unknown = Array.isArray(containers) ? containers[0] : undefined;
  const image = isRecord(first) ? first['image'] : undefined;
  return typeof image === 'string' ? image : '';
}

export function replicasOf(object: KubeObject | undefined): number {
  const replicas = dig(object?.spec, 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

export function runDeployments(kube: MemoryKube, clock: Clock, times: PodTimes): void {
  const client = kube.client('kube-controller-manager');
  const rollouts = new Map<string, Rollout>();
  const handled = new Map<string, number>();

  kube.subscribe(({ resource, object, type }) => {
    if (resource.kind !== 'Deployment') return;
    const { namespace = '', name, generation = 0, uid = '' } = object.metadata;
    const id = `${namespace}/${name}`;
    if (type === 'DELETED') {
      rollouts.delete(id);
      handled.delete(id);
      return;
    }
    if (handled.get(id) === generation && rollouts.get(id)?.uid === uid) return;
    handled.set(id, generation);
    clock.after(times.lagMs, () => void sync(namespace, name));
  });

  async function sync(namespace: string, name: string): Promise<void> {
    const object = kube.peek(Deployments, { namespace, name });
    if (object === undefined) return;
    const now = clock.now();
    const id = `${namespace}/${name}`;
    const image = imageOf(object);
    const wanted = replicasOf(object);
    const deadlineMs = Number(dig(object.spec, 'progressDeadlineSeconds') ?? 600) * 1_000;
    let rollout = rollouts.get(id);
    if (rollout === undefined || rollout.uid !== object.metadata.uid) {
      rollout = { uid: object.metadata.uid ?? '', image, startedAt: now, pods: [] };
      rollouts.set(id, rollout);
    }
    if (rollout.image !== image) {
      rollout.image = image;
      rollout.startedAt = now;
    }
    const again = () => void sync(namespace, name);
    let own = rollout.pods.filter(pod => pod.image === image);
    const old = rollout.pods.filter(pod => pod.image !== image);
    if (own.length < wanted) rollout.startedAt = now;
    while (own.length < wanted) {
      const startMs = times.startMs(image, name);
      own.push({ image, readyAt: now + startMs });
      if (Number.isFinite(startMs)) clock.after(startMs, again);
      else clock.after(deadlineMs, again);
    }
    own = own.slice(0, wanted);
    const up = own.filter(pod => pod.readyAt <= now).length;
    const kept = up >= wanted ? [] : old.slice(0, wanted);
    rollout.pods = [...own, ...kept];
    const available = rollout.pods.filter(pod => pod.readyAt <= now).length;
    const late = up < wanted && now - rollout.startedAt >= deadlineMs;
    await report(object, { own: own.length, available, late });
  }

  async function report(
    object: KubeObject,
    { own, available, late }: { own: number; available: number; late: boolean },
  ): Promise<void> {
    const { namespace = '', name } = object.metadata;
    const total = rollouts.get(`${namespace}/${name}`)?.pods.length ?? 0;
    await client.patch(
      Deployments,
      { namespace, name },
      {
        status: {
          observedGeneration: object.metadata.generation,
          replicas: total,
          updatedReplicas: own,
          readyReplicas: available,
          availableReplicas: available,
          conditions: [
            {
              type: 'Progressing',
              status: late ? 'False' : 'True',
              reason: late ? 'ProgressDeadlineExceeded' : 'ReplicaSetUpdated',
            },
          ],
        },
      },
      { subresource: 'status' },
    );
  }
}
