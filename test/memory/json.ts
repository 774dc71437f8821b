/** Plain JSON helpers of the in-memory API server: cloning, freezing, comparing and RFC 7386 merge patches. */
import { isDeepStrictEqual } from 'node:util';

export type Json = Record<string, unknown>;

/** The one place where this server, which stores plain JSON, takes a caller's word for a type. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the type is the whole point
export function trust<T>(value: unknown): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the port's methods are generic in the object's type
  return value as T;
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}

/** Copies through JSON, as the wire does: undefined members vanish, functions and dates cannot slip in. */
export function copy<T>(value: T): T {
  return trust<T>(JSON.parse(JSON.stringify(value)));
}

const frozen = new WeakSet();

/**
 * A frozen copy, in which absent members are left out; what is such a copy already is shared. Everything handed out is
 * frozen, so that a caller who changes a shared object fails at once.
 */
export function settle<T>(value: T): T {
  if (typeof value !== 'object' || value === null || frozen.has(value)) return value;
  const made: unknown = Array.isArray(value)
    ? value.map(settle)
    : settleMembers(isPlain(value) ? value : copy(value));
  frozen.add(Object.freeze(trust<object>(made)));
  return trust<T>(made);
}

function settleMembers(value: object): Json {
  const made: Json = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) made[name] = settle(member);
  }
  return made;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** RFC 7386; answers a new value and leaves its arguments alone. `take` copies what the patch puts in whole. */
export function mergePatch(target: unknown, patch: unknown, take: <T>(value: T) => T = copy): unknown {
  if (!isRecord(patch)) return typeof patch === 'object' ? take(patch) : patch;
  const result: Json = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value, take);
  }
  return result;
}

/** Reads `a.b.c` out of nested records. */
export function dig(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (!isRecord(at)) return undefined;
    at = at[name];
  }
  return at;
}
