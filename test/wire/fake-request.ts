/** What a request to the fake API server says: which place it names, and which objects there it selects. */
import type { IncomingMessage } from 'node:http';
import type { StoredObject } from './fake-store.ts';

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly watch: boolean;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Place {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

export function placeOf(path: string): Place | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const [root, ...rest] = parts;
  const group = root === 'apis' ? `${rest.shift() ?? ''}/` : '';
  const version = rest.shift();
  if ((root !== 'api' && root !== 'apis') || version === undefined) return undefined;
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest.splice(0, 2)[1] : undefined;
  const [plural, name, subresource] = rest;
  return plural === undefined
    ? undefined
    : { collection: `${group}${version}/${plural}`, namespace, name, subresource };
}

/** Equality selectors only. */
export function matches(object: StoredObject, selector: string | null): boolean {
  const terms = (selector ?? '').split(',').filter(Boolean);
  return terms.every(term => {
    const [key = '', value] = term.split('=');
    return object.metadata.labels?.[key] === value;
  });
}
