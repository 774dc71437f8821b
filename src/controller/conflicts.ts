/** Two Canaries on one target or one Service: the older one works, unless the other had begun before it was seen; the rest are told. */
import type { Problem } from '../core/input.ts';
import type { KubeObject } from '../runtime/port.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';

/**
 * Why this Canary has to stand back, naming the other one. One that owns the primary keeps its target: creation times count
 * in seconds and events come in any order, so if it stood back then, neither of the two would ever work.
 */
export function olderCanary(model: Model, ports: Ports, ownsPrimary = false): Problem | undefined {
  const { target, service } = model.workload;
  for (const other of ports.canaries.list(model.key.namespace)) {
    if (other.metadata.name === model.key.name || !isOlder(other, model.canary)) continue;
    const names = namesOf(other);
    if (names === undefined) continue;
    if (names.target === target.name && names.kind === target.kind) {
      if (ownsPrimary) continue;
      return {
        reason: 'DuplicateTarget',
        message: `spec.targetRef: ${target.kind} ${target.name} belongs to Canary ${other.metadata.name} already; delete one of the two`,
      };
    }
    if (names.service === service.name) {
      return {
        reason: 'DuplicateService',
        message: `spec.service.name: Service ${service.name} belongs to Canary ${other.metadata.name} already; choose another name`,
      };
    }
  }
  return undefined;
}

function isOlder(a: KubeObject, b: KubeObject): boolean {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return left === right ? a.metadata.name < b.metadata.name : left < right;
}

/** Reads only what is needed, so that a Canary which is invalid elsewhere still holds its target. */
function namesOf(object: KubeObject): { kind: string; target: string; service: string } | undefined {
  const spec = field(object.spec, 'targetRef');
  const target = field(spec, 'name');
  const kind = field(spec, 'kind');
  const service = field(field(object.spec, 'service'), 'name');
  if (typeof target !== 'string' || typeof kind !== 'string') return undefined;
  return { kind, target, service: typeof service === 'string' ? service : target };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
