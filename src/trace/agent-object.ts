/** Reads and annotates the objects of GitOps agents, which Siskin may have no right to see. */
import type { z } from 'zod';
import { ApiError, isConflict } from '../runtime/errors.ts';
import type { KubeClient, KubeObject, ObjectKey, Resource } from '../runtime/port.ts';
import type { NotTold } from './port.ts';

const mostConflicts = 3;
/** A status holds 1024 characters, and a commit says how far it can be trusted behind it. */
const evidenceLength = 960;

export function notTold(why: string): NotTold {
  return { told: false, why };
}

export function evidenceOf(text: string): string {
  return text.slice(0, evidenceLength);
}

/** The object as `schema` reads it, or why it cannot be read. Rejects as the API client does where that may help later. */
export async function readAgentObject<T extends object>(
  kube: KubeClient,
  resource: Resource,
  key: Required<ObjectKey>,
  schema: z.ZodType<T>,
): Promise<T | NotTold> {
  const what = `${resource.kind} ${key.namespace}/${key.name}`;
  let object: KubeObject | undefined;
  try {
    object = await kube.get(resource, key);
  } catch (error) {
    // The right is optional: without it a Canary names its path itself.
    if (error instanceof ApiError && error.status === 403) return notTold(`Siskin may not read ${what}`);
    throw error;
  }
  if (object === undefined) return notTold(`${what} does not exist`);
  const parsed = schema.safeParse(object);
  return parsed.success ? parsed.data : notTold(`${what} is of a form that Siskin does not know`);
}

/** The agent writes the same object, so a conflict is nothing unusual. Rejects as the API client does. */
export async function annotate(
  kube: KubeClient,
  resource: Resource,
  key: ObjectKey,
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const object = await kube.get(resource, key);
    if (object === undefined) return;
    const { resourceVersion } = object.metadata;
    try {
      await kube.patch(resource, key, { metadata: { resourceVersion, annotations } });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt >= mostConflicts) throw error;
    }
  }
}
