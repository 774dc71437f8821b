/** The honest answers of the fake API server: what is read and written, page by page. */
import { z } from 'zod';
import { type FakeRequest, matches, type Place } from './fake-request.ts';
import { type FakeStore, Refusal, StoredObject } from './fake-store.ts';

/** Does what the request asks for, unless it is a watch; throws Refusal. */
export function execute(store: FakeStore, request: FakeRequest, place: Place): unknown {
  const { collection, namespace, name, subresource } = place;
  const body: unknown = request.body === '' ? {} : JSON.parse(request.body);
  if (request.method === 'POST') {
    const object = StoredObject.parse(body);
    return store.create(collection, { ...object, metadata: { ...object.metadata, ...at(namespace) } });
  }
  if (request.method === 'GET' && name === undefined) return page(store, request, place);
  if (name === undefined) throw new Refusal(405, 'MethodNotAllowed', 'not allowed on a collection');
  if (request.method === 'GET') {
    const found = store.get(collection, namespace, name);
    if (found === undefined) throw new Refusal(404, 'NotFound', `${collection} "${name}" not found`);
    return found;
  }
  if (request.method === 'DELETE') {
    const { preconditions } = z
      .object({
        preconditions: z
          .object({ uid: z.string().optional(), resourceVersion: z.string().optional() })
          .optional(),
      })
      .parse(body);
    store.delete(collection, namespace, name, preconditions);
    return statusOf(200, '', 'deleted');
  }
  return request.headers['content-type'] === 'application/apply-patch+yaml'
    ? store.apply(collection, namespace, name, body)
    : store.patch(collection, namespace, name, body, subresource);
}

function page(store: FakeStore, request: FakeRequest, place: Place): unknown {
  const selected = store
    .list(place.collection, place.namespace)
    .filter(object => matches(object, request.query.get('labelSelector')));
  const [from, version] = (request.query.get('continue') ?? `0:${store.version}`).split(':').map(Number);
  if (from === undefined || version === undefined || version < store.compactedAt) {
    throw new Refusal(410, 'Expired', 'The provided continue parameter is too old');
  }
  const to = from + Number(request.query.get('limit') ?? selected.length);
  return {
    kind: 'List',
    metadata: {
      resourceVersion: String(version),
      ...(to < selected.length ? { continue: `${to}:${version}` } : {}),
    },
    items: selected.slice(from, to),
  };
}

function at(namespace: string | undefined): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

export function statusOf(code: number, reason: string, message: string): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: code < 400 ? 'Success' : 'Failure',
    code,
    reason,
    message,
  };
}
