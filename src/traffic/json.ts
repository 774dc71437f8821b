/** Comparing parts of routes as plain JSON. */
import { isDeepStrictEqual } from 'node:util';

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function records(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** The same without absent members and without empty lists, which the API means the same by. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact);
  if (!isJson(value)) return value;
  const kept = Object.entries(value).filter(
    ([, member]) =>
      member !== undefined && member !== null && !(Array.isArray(member) && member.length === 0),
  );
  return Object.fromEntries(kept.map(([name, member]) => [name, compact(member)]));
}

export function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(compact(a), compact(b));
}
