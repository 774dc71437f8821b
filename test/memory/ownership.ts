/** Who owns which field: server-side apply and the bookkeeping of every other write. */
import { ApiError } from '../../src/runtime/errors.ts';
import { leaves, parsePath, read, remove, write } from './fields.ts';
import { copy, isRecord, type Json, same } from './json.ts';

/** Serialized field paths by owner; the owner is manager and operation, as `siskin/Apply`, for the API server keeps those apart. */
export type Owners = ReadonlyMap<string, ReadonlySet<string>>;

const identity = new Set(['name', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp']);

/** The part of an object that managers can own. */
function ownable(object: Json): Json {
  const { apiVersion: _apiVersion, kind: _kind, status: _status, metadata, ...rest } = object;
  const meta = Object.entries(isRecord(metadata) ? metadata : {}).filter(([name]) => !identity.has(name));
  return meta.length === 0 ? rest : { ...rest, metadata: Object.fromEntries(meta) };
}

/** Takes down a create or a patch: who changed a leaf owns it alone, and nobody owns what is gone. */
export function recordUpdate(owners: Owners, manager: string, before: Json, after: Json): Owners {
  const was = leaves(ownable(before));
  const is = leaves(ownable(after));
  const changed = [...is].filter(([path, value]) => !was.has(path) || !same(was.get(path), value));
  const next = new Map<string, Set<string>>();
  for (const [owner, paths] of owners) {
    next.set(owner, new Set([...paths].filter(path => is.has(path) && same(was.get(path), is.get(path)))));
  }
  const me = `${manager}/Update`;
  next.set(me, new Set([...(next.get(me) ?? []), ...changed.map(([path]) => path)]));
  return next;
}

/**
 * Merges `applied` into `live`. A leaf that another owns with another value is a conflict unless forced; a leaf that
 * this manager applied before and no longer sends goes, if nobody else owns it or something below it.
 */
export function applyFields(
  state: { live: Json; owners: Owners },
  applied: Json,
  options: { manager: string; force: boolean },
): { object: Json; owners: Owners } {
  const me = `${options.manager}/Apply`;
  const mine = leaves(ownable(applied));
  const object = copy(state.live);
  const next = new Map([...state.owners].map(([owner, paths]) => [owner, new Set(paths)] as const));
  for (const [path, value] of mine) {
    if (value === undefined || same(read(state.live, parsePath(path)), value)) continue;
    for (const [owner, paths] of next) {
      if (owner === me || !paths.has(path)) continue;
      if (!options.force) throw conflict(owner, path);
      paths.delete(path);
    }
  }
  const others = [...next].filter(([owner]) => owner !== me).flatMap(([, paths]) => [...paths]);
  for (const path of next.get(me) ?? []) {
    const below = `${path.slice(0, -1)},`;
    const kept = mine.has(path) || others.some(other => other === path || other.startsWith(below));
    if (!kept) remove(object, parsePath(path));
  }
  for (const [path, value] of mine) {
    if (value !== undefined || read(object, parsePath(path)) === undefined)
      write(object, parsePath(path), value ?? {});
  }
  next.set(me, new Set(mine.keys()));
  return { object, owners: next };
}

function conflict(owner: string, path: string): ApiError {
  return new ApiError(`Apply failed with a conflict: ${owner} owns ${path}`, {
    status: 409,
    reason: 'Conflict',
  });
}
