/** Plain JSON helpers of the in-memory API server: cloning, sharing, freezing, comparing and RFC 7386 merge patches. */
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

/** Everything handed out is frozen, so that a caller who changes a shared object fails at once. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !frozen.has(value)) {
    Object.freeze(value);
    frozen.add(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value;
}

/** As `copy`, but for the parts that are frozen already, which are shared. */
export function settle(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || frozen.has(value)) return value;
  if (Array.isArray(value)) return value.map(settle);
  if (!isPlain(value)) return copy<unknown>(value);
  const present = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(present.map(([name, member]) => [name, settle(member)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** RFC 7386; answers a new value and leaves its arguments alone. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return copy(patch);
  const result: Json = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
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
