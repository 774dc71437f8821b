/** Flux's image automation is suspended where the Canary asks for it, before it commits the failed tag again. */
import type { OutboxEntry } from '../api/canary-status.ts';
import { ImagePolicies, ImageUpdateAutomations } from '../api/resources.ts';
import { ApiError } from '../runtime/errors.ts';
import type { Model } from './model.ts';
import { settle } from './outbox.ts';
import type { Ports } from './ports.ts';
import { changeStatus } from './status.ts';

/** Only in the Canary's own namespace: a team can stop nobody else's automation. Rejects as the API client does where trying again may help. */
export async function suspendAutomation(model: Model, entry: OutboxEntry, ports: Ports): Promise<void> {
  const note = await suspended(model, ports);
  await changeStatus(model.key, status => settle(status, [entry.id]), ports);
  if (note === undefined) return;
  ports.recordEvent(model.canary, { ...note, runId: entry.id });
}

type Note = Omit<Parameters<Ports['recordEvent']>[1], 'runId'>;

/** What there is to tell; undefined where nothing was to be done. */
async function suspended({ imageAutomation, key }: Model, ports: Ports): Promise<Note | undefined> {
  if (imageAutomation === undefined) return undefined;
  const { kind, name } = imageAutomation;
  const resource = kind === 'ImagePolicy' ? ImagePolicies : ImageUpdateAutomations;
  const where = { namespace: key.namespace, name };
  const what = `${kind} ${key.namespace}/${name}`;
  try {
    const object = await ports.kube.get(resource, where);
    if (object === undefined)
      return { type: 'Warning', reason: 'ImageAutomationMissing', note: `${what} does not exist.` };
    if (isSuspended(object.spec)) return undefined;
    const { resourceVersion } = object.metadata;
    await ports.kube.patch(resource, where, { metadata: { resourceVersion }, spec: { suspend: true } });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    const remedy = 'install deploy/components/image-automation';
    const note = `Siskin may not suspend ${what}; ${remedy}.`;
    return { type: 'Warning', reason: 'ImageAutomationForbidden', note };
  }
  const note = `${what} is suspended, because it could commit the failed tag again; resume it once the image is mended.`;
  return { type: 'Warning', reason: 'ImageAutomationSuspended', note };
}

function isSuspended(spec: unknown): boolean {
  return typeof spec === 'object' && spec !== null && 'suspend' in spec && spec.suspend === true;
}
