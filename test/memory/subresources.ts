/** What a write through the main resource or a subresource may change, and what it answers. */
import type { KubeObject } from '../../src/runtime/port.ts';
import { copy, dig, isRecord, type Json, trust } from './json.ts';

/** A main resource's write cannot touch the status; one of the scale touches nothing but the replicas. */
export function narrow(live: Json, after: Json, subresource: 'scale' | undefined): Json {
  if (subresource === undefined) return { ...after, status: live.status };
  const spec = isRecord(live.spec) ? live.spec : {};
  return { ...live, spec: { ...spec, replicas: dig(after, 'spec', 'replicas') } };
}

/** The `autoscaling/v1` object which the scale subresource answers instead of the main one. */
export function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: trust<KubeObject['metadata']>(
      copy({ name, namespace, uid, resourceVersion, creationTimestamp }),
    ),
    spec: { replicas: dig(object.spec, 'replicas') },
    status: { replicas: dig(object.status, 'replicas') ?? 0 },
  };
}
