/** A client whose writes are refused while somebody else leads: a late write of an old leader goes nowhere. */
import { TransientError } from './errors.ts';
import type { KubeClient } from './port.ts';

/** Reads pass; writes reject with TransientError, unsent, when `mayWrite` says no. */
export function fenced(client: KubeClient, mayWrite: () => boolean): KubeClient {
  function guarded<T>(write: () => Promise<T>): Promise<T> {
    return mayWrite() ? write() : Promise.reject(new TransientError('not leading: the write was not sent'));
  }
  return {
    get: (resource, key) => client.get(resource, key),
    list: (resource, options) => client.list(resource, options),
    create: (resource, object) => guarded(() => client.create(resource, object)),
    apply: (resource, object, options) => guarded(() => client.apply(resource, object, options)),
    patch: (resource, key, body, options) => guarded(() => client.patch(resource, key, body, options)),
    delete: (resource, key, options) => guarded(() => client.delete(resource, key, options)),
  };
}
