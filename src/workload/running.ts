/** What pods really run: the images in their status, which name the digest that a tag meant when it was pulled. */
import { z } from 'zod';
import { Pods } from '../api/resources.ts';
import type { KubeClient } from '../runtime/port.ts';

const PodStatus = z.object({
  phase: z.string().optional(),
  containerStatuses: z.array(z.object({ name: z.string(), imageID: z.string().default('') })).default([]),
});

/** By container, each image once. Pods that are not running, or on their way out, do not count. */
export async function runningImages(
  kube: KubeClient,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<Record<string, readonly string[]>> {
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const images = new Map<string, Set<string>>();
  for (const { metadata, status } of await kube.list(Pods, { namespace, labelSelector })) {
    const parsed = PodStatus.safeParse(status ?? {});
    if (!parsed.success || parsed.data.phase !== 'Running' || metadata.deletionTimestamp !== undefined)
      continue;
    for (const { name, imageID } of parsed.data.containerStatuses) {
      images.set(name, (images.get(name) ?? new Set()).add(imageID));
    }
  }
  return Object.fromEntries([...images].map(([name, ids]) => [name, [...ids]]));
}
