/** Committing: one conditional merge patch per pass, holding only what changed. */
import { isDeepStrictEqual } from 'node:util';
import type { CanaryStatus } from '../api/canary-status.ts';
import { parseCanary } from '../api/parse.ts';
import { Canaries } from '../api/resources.ts';
import { isConflict } from '../runtime/errors.ts';
import type { KubeObject, ObjectKey } from '../runtime/port.ts';
import type { Ports } from './ports.ts';
import { deliveryInTurn } from './turns.ts';

/** Writes the status if it differs; rejects with a conflict (409) when the object moved on since it was read. */
export async function commitStatus(
  object: KubeObject,
  before: CanaryStatus,
  after: CanaryStatus,
  ports: Ports,
): Promise<boolean> {
  const patch = mergePatch(before, after);
  if (patch === undefined) return false;
  const { namespace, name, resourceVersion } = object.metadata;
  const key = namespace === undefined ? { name } : { namespace, name };
  const written = await ports.kube.patch(
    Canaries,
    key,
    { metadata: { resourceVersion }, status: patch },
    { subresource: 'status' },
  );
  ports.canaries.observe(written);
  return true;
}

/**
 * Changes a status from outside the pass. `change` may be called several times, each time with the newest status; it
 * answers undefined where nothing is left to do. Rejects after five conflicts in a row.
 */
export async function changeStatus(
  key: ObjectKey,
  change: (status: CanaryStatus) => CanaryStatus | undefined,
  ports: Ports,
): Promise<void> {
  await deliveryInTurn(key, ports, async () => changeNow(key, change, ports));
}

async function changeNow(
  key: ObjectKey,
  change: (status: CanaryStatus) => CanaryStatus | undefined,
  ports: Ports,
): Promise<void> {
  let object = ports.canaries.get(key);
  for (let attempt = 1; object !== undefined; attempt += 1) {
    const parsed = parseCanary(object);
    if (!parsed.ok) return;
    const next = change(parsed.value.status);
    if (next === undefined) return;
    try {
      await commitStatus(object, parsed.value.status, next, ports);
      return;
    } catch (error) {
      if (!isConflict(error) || attempt >= 5) throw error;
      object = await ports.kube.get(Canaries, key);
      if (object !== undefined) ports.canaries.observe(object);
    }
  }
}

/** RFC 7386: objects are merged, null removes, lists are replaced; undefined where nothing differs. */
export function mergePatch(before: object, after: object): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const old: unknown = Object.hasOwn(before, key) ? Reflect.get(before, key) : undefined;
    if (isDeepStrictEqual(old, value)) continue;
    const inner: unknown = isPlain(old) && isPlain(value) ? mergePatch(old, value) : value;
    if (inner !== undefined) patch[key] = inner;
  }
  for (const [key, old] of Object.entries(before)) {
    if (old !== undefined && (!Object.hasOwn(after, key) || Reflect.get(after, key) === undefined))
      patch[key] = null;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
