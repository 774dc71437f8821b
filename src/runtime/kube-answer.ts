/** What the API server answers, made safe to use: refusals, lists, and the lines of a watch. */
import { z } from 'zod';
import { ApiError, TransientError } from './errors.ts';
import { groupVersionOf } from './kube-path.ts';
import type { KubeObject, Resource } from './port.ts';
import type { WatchHandler } from './watch-source.ts';

const longestMessage = 1_024;
const longestRetryAfterMs = 300_000;

const Status = z.object({
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().optional(),
  details: z.object({ retryAfterSeconds: z.number().optional() }).optional(),
});

/** The refusal as ApiError; `what` names verb, resource and key. A body that is no Status still gives a message. */
export function apiErrorOf(
  what: string,
  answer: { status: number; retryAfter: string | undefined; text: string },
): ApiError {
  const status = Status.safeParse(parseJson(answer.text));
  const told = status.success ? (status.data.message ?? '') : answer.text;
  const reason = status.success ? (status.data.reason ?? '') : '';
  const retryAfterMs =
    retryAfterOf(answer.retryAfter) ??
    (status.success ? secondsToMs(status.data.details?.retryAfterSeconds) : undefined);
  const label = reason === '' ? String(answer.status) : `${answer.status} ${reason}`;
  return new ApiError(`${what}: ${label}: ${told.slice(0, longestMessage).trim()}`, {
    status: answer.status,
    reason,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The ERROR event of a watch carries a Status where the object would be. */
function apiErrorOfEvent(what: string, object: unknown): ApiError {
  const status = Status.safeParse(object);
  const code = status.success ? (status.data.code ?? 500) : 500;
  return apiErrorOf(what, { status: code, retryAfter: undefined, text: JSON.stringify(object ?? {}) });
}

/** The text as JSON; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

export function isKubeObject(value: unknown): value is KubeObject {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return false;
  const { metadata } = value;
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'name' in metadata &&
    typeof metadata.name === 'string' &&
    metadata.name !== ''
  );
}

/** The lines of a stream; rejects with TransientError when one is longer than `maxBytes` or the last is cut short. */
export async function* linesOf(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string, void> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...parts, chunk.subarray(from, end)]).toString('utf8');
      parts = [];
      size = 0;
      from = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (from < chunk.byteLength) {
      parts.push(chunk.subarray(from));
      size += chunk.byteLength - from;
    }
    if (size > maxBytes) throw new TransientError(`an event is longer than ${maxBytes} bytes`);
  }
  if (size > 0) throw new TransientError('the stream ended within an event');
}

/** Hands one line of a watch to its handler; throws ApiError for an ERROR event and TransientError for garbage. */
export function deliverLine(what: string, resource: Resource, line: string, handler: WatchHandler): void {
  const event = parseJson(line);
  if (typeof event !== 'object' || event === null || !('type' in event) || !('object' in event)) {
    throw new TransientError(`${what}: an event is not valid JSON`);
  }
  const { type, object } = event;
  if (type === 'ERROR') throw apiErrorOfEvent(what, object);
  if (type === 'BOOKMARK') return handler.bookmark(versionOf(object));
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
    throw new TransientError(`${what}: an event has an unknown type`);
  }
  if (!isKubeObject(object)) throw new TransientError(`${what}: an event carries no Kubernetes object`);
  handler.event(type, typed(resource, object));
}

/** One page of a list; TransientError when it is none. */
export function pageOf(
  what: string,
  value: unknown,
): { items: readonly unknown[]; resourceVersion: string; next: string | undefined } {
  const metadata = typeof value === 'object' && value !== null && 'metadata' in value ? value.metadata : null;
  const items = typeof value === 'object' && value !== null && 'items' in value ? value.items : undefined;
  // A null `items` is how Go writes an empty slice.
  if (typeof metadata !== 'object' || metadata === null || !(Array.isArray(items) || items === null)) {
    throw new TransientError(`${what}: the answer is not a list`);
  }
  const next = 'continue' in metadata ? metadata.continue : undefined;
  const resourceVersion = 'resourceVersion' in metadata ? metadata.resourceVersion : undefined;
  if (typeof resourceVersion !== 'string') {
    throw new TransientError(`${what}: the list has no resourceVersion`);
  }
  return {
    items: items ?? [],
    resourceVersion,
    next: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

function versionOf(object: unknown): string | undefined {
  const metadata =
    typeof object === 'object' && object !== null && 'metadata' in object ? object.metadata : null;
  const version =
    typeof metadata === 'object' && metadata !== null && 'resourceVersion' in metadata
      ? metadata.resourceVersion
      : undefined;
  return typeof version === 'string' ? version : undefined;
}

/** List items of built-in kinds come without apiVersion and kind; filled in, listed and watched objects look the same. */
export function typed<T extends KubeObject>(resource: Resource, object: T): T {
  if (object.apiVersion !== undefined && object.kind !== undefined) return object;
  return { apiVersion: groupVersionOf(resource), kind: resource.kind, ...object };
}

function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const at = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(at) ? Math.min(longestRetryAfterMs, Math.max(0, at)) : undefined;
}

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.min(longestRetryAfterMs, Math.max(0, seconds * 1_000));
}
