/** Rules over several fields, written once as CEL for the API server and once as a function for our own parser. */
import type { z } from 'zod';

/** One rule; `message` names the field and says what to write. */
export interface Rule<T> {
  /** CEL expression over `self`. */
  readonly cel: string;
  readonly message: string;
  /** The same rule for zod, which runs when the operator reads an object that an older CRD let through. */
  readonly check: (value: T) => boolean;
}

interface CelRule {
  readonly rule: string;
  readonly message: string;
}

function celRules(schema: z.ZodType): readonly CelRule[] {
  const existing = schema.meta()?.['x-kubernetes-validations'];
  return Array.isArray(existing) ? existing : [];
}

function withCel<S extends z.ZodType>(schema: S, rule: CelRule): S {
  return schema.meta({ 'x-kubernetes-validations': [...celRules(schema), rule] });
}

/** The schema with the rule added to both of its validators. */
export function withRule<S extends z.ZodType>(schema: S, { cel, message, check }: Rule<z.output<S>>): S {
  return withCel(schema.refine(check, { message }), { rule: cel, message });
}

/** A rule over `oldSelf`: only the API server sees both versions of an object, so there is nothing for zod to check. */
export function withTransitionRule<S extends z.ZodType>(schema: S, cel: string, message: string): S {
  return withCel(schema, { rule: cel, message });
}
