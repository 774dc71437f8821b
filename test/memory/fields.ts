/** Field paths of server-side apply: which lists merge by key, and how a leaf is read, written and removed. */
import { isRecord, type Json, same, trust } from './json.ts';

/** A record's member by name, or a list element by the values of its key fields. */
type Segment = string | Json;
export type Path = readonly Segment[];

const listKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  volumeMounts: ['mountPath'],
  ownerReferences: ['uid'],
  conditions: ['type'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
};
const atomicMaps = new Set(['selector', 'labelSelector', 'nodeSelector']);

function keysOf(path: Path): readonly string[] | undefined {
  const name = path.at(-1);
  if (typeof name !== 'string') return undefined;
  if (name === 'ports')
    return path.includes('containers') ? ['containerPort', 'protocol'] : ['port', 'protocol'];
  return listKeys[name];
}

function keyOf(element: Json, keys: readonly string[]): Json {
  return Object.fromEntries(
    keys.map(key => [key, element[key] ?? (key === 'protocol' ? 'TCP' : undefined)] as const),
  );
}

/** Every leaf under `value`, by its serialized path; a keyed list's elements count as leaves themselves, without value. */
export function leaves(
  value: unknown,
  path: Path = [],
  found = new Map<string, unknown>(),
): Map<string, unknown> {
  const keys = keysOf(path);
  if (keys !== undefined && Array.isArray(value)) {
    for (const element of value.filter(isRecord)) {
      const at = [...path, keyOf(element, keys)];
      found.set(JSON.stringify(at), undefined);
      leaves(element, at, found);
    }
  } else if (isRecord(value) && !isAtomic(path) && Object.keys(value).length > 0) {
    for (const [name, member] of Object.entries(value)) {
      if (member !== undefined && member !== null) leaves(member, [...path, name], found);
    }
  } else found.set(JSON.stringify(path), value);
  return found;
}

function isAtomic(path: Path): boolean {
  const name = path.at(-1);
  return typeof name === 'string' && atomicMaps.has(name);
}

export function parsePath(serialized: string): Path {
  return trust<Path>(JSON.parse(serialized));
}

export function read(root: unknown, path: Path): unknown {
  let at = root;
  for (const [depth, segment] of path.entries()) {
    if (typeof segment === 'string') at = isRecord(at) ? at[segment] : undefined;
    else at = elementAt(at, segment, path.slice(0, depth));
    if (at === undefined) return undefined;
  }
  return at;
}

function elementAt(list: unknown, key: Json, listPath: Path): Json | undefined {
  const keys = keysOf(listPath) ?? [];
  if (!Array.isArray(list)) return undefined;
  return list.filter(isRecord).find(element => same(keyOf(element, keys), key));
}

/** Writes in place; missing records and list elements on the way are made. */
export function write(root: Json, path: Path, value: unknown): void {
  let at: unknown = root;
  for (const [depth, segment] of path.entries()) {
    const last = depth === path.length - 1;
    if (typeof segment === 'string' && isRecord(at)) {
      if (last) at[segment] = value;
      else at[segment] ??= typeof path[depth + 1] === 'string' ? {} : [];
      at = at[segment];
    } else if (typeof segment !== 'string' && Array.isArray(at)) {
      let element = elementAt(at, segment, path.slice(0, depth));
      if (element === undefined) {
        element = { ...segment };
        at.push(element);
      }
      at = element;
    }
  }
}

/** Removes in place, together with the records and lists that become empty on the way up. */
export function remove(root: Json, path: Path): void {
  const parentPath = path.slice(0, -1);
  const parent = read(root, parentPath);
  const segment = path.at(-1);
  if (typeof segment === 'string' && isRecord(parent)) delete parent[segment];
  else if (segment !== undefined && typeof segment !== 'string' && Array.isArray(parent)) {
    const element = elementAt(parent, segment, parentPath);
    if (element !== undefined) parent.splice(parent.indexOf(element), 1);
  }
  const empty = Array.isArray(parent)
    ? parent.length === 0
    : isRecord(parent) && Object.keys(parent).length === 0;
  if (empty && parentPath.length > 1 && typeof parentPath.at(-1) === 'string') remove(root, parentPath);
}
