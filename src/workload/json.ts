/** Comparing and patching parts of API objects as plain JSON. */
import { isDeepStrictEqual } from 'node:util';

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same value without null members, which the API server writes for `creationTimestamp` and reads as absent. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJson(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

/** Equal but for the order of keys; absent, undefined and null are the same. */
export function sameJson(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutNulls(a), withoutNulls(b));
}

/** The RFC 7386 patch that turns `from` into exactly `to`; undefined when there is nothing to change. */
export function mergeDiff(from: Json, to: Json): Json | undefined {
  const patch: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(from)) {
    if (member !== null && member !== undefined && (to[name] ?? undefined) === undefined) patch[name] = null;
  }
  for (const [name, wanted] of Object.entries(to)) {
    const held = from[name];
    if (wanted === undefined || wanted === null || sameJson(held, wanted)) continue;
    patch[name] = isJson(held) && isJson(wanted) ? mergeDiff(held, wanted) : withoutNulls(wanted);
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
