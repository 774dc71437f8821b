/** How the API server addresses and orders things: paths, queries, keys and resource versions. */
import { TerminalError } from './errors.ts';
import type { ObjectKey, Resource } from './port.ts';

/** The path of a resource's collection, or of one object in it. TerminalError for names that no URL may carry. */
export function pathOf(
  resource: Resource,
  where: { namespace?: string | undefined; name?: string; subresource?: string | undefined },
): string {
  const root = resource.group === '' ? '/api' : `/apis/${segment(resource.group)}`;
  const namespace =
    resource.namespaced && where.namespace !== undefined ? `/namespaces/${segment(where.namespace)}` : '';
  const name = where.name === undefined ? '' : `/${segment(where.name)}`;
  const subresource = where.subresource === undefined ? '' : `/${where.subresource}`;
  return `${root}/${segment(resource.version)}${namespace}/${segment(resource.plural)}${name}${subresource}`;
}

export function withQuery(
  path: string,
  query: Record<string, string | number | boolean | undefined>,
): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [`${key}=${encodeURIComponent(String(value))}`],
  );
  return given.length === 0 ? path : `${path}?${given.join('&')}`;
}

/** `group/version`, or the bare version of the core group. */
export function groupVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

export function keyText(key: ObjectKey): string {
  return key.namespace === undefined ? key.name : `${key.namespace}/${key.name}`;
}

/**
 * Below zero when `a` is older than `b`, zero when equal, above when newer; undefined when one is no integer and they
 * differ. Resource versions of one resource are ordered integers of any length (KEP-5504).
 */
export function compareVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (a === b && a !== undefined) return 0;
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** `..` would be resolved away by any URL parser and reach another path than the one that RBAC was asked about. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') {
    throw new TerminalError('InvalidName', `${JSON.stringify(text)} cannot be part of an API path`);
  }
  return encodeURIComponent(text);
}
