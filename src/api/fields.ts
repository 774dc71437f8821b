/** The building blocks of all kinds: strings, lists and maps that are never without a limit. */
import { z } from 'zod';
import { durationMs, durationPattern } from './duration.ts';
import { withRule } from './rule.ts';

const dnsMessage = 'must be of lower case letters, digits and dashes, as names in Kubernetes are';

/** Text for people or for other systems, up to `max` characters. */
export function text(max: number) {
  return z.string().max(max);
}

/** Text that may not be empty. */
export function filled(max: number) {
  return z.string().min(1).max(max);
}

/** The name of a Kubernetes object: a DNS subdomain. */
export function objectName() {
  return filled(253).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, dnsMessage);
}

/** The name of a namespace: a DNS label. */
export function namespaceName() {
  return filled(63).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, dnsMessage);
}

/** An `apiVersion`, such as `apps/v1`. */
export function apiVersion() {
  return filled(317).regex(/^([a-z0-9.-]+\/)?[a-z0-9]+$/, 'must be an API version such as apps/v1');
}

export function portNumber() {
  return z.int().min(1).max(65_535);
}

export function percent() {
  return z.int().min(0).max(100);
}

/** A percentage that need not be whole. */
export function share() {
  return z.number().min(0).max(100);
}

/** A duration such as `30s` or `1m30s`. */
export function duration() {
  return z.string().max(24).regex(durationPattern, 'must be a duration such as 30s, 1m30s or 1h');
}

/** A duration within bounds, which are durations too. */
export function durationBetween(least: string, most: string) {
  const leastMs = durationMs(least) ?? 0;
  const mostMs = durationMs(most) ?? 0;
  return withRule(duration(), {
    cel: `duration(self) >= duration('${least}') && duration(self) <= duration('${most}')`,
    message: `must be at least ${least} and at most ${most}`,
    check: value => {
      const ms = durationMs(value);
      return ms !== undefined && ms >= leastMs && ms <= mostMs;
    },
  });
}

/** A moment, RFC 3339 with milliseconds, as `Date.prototype.toISOString` writes it. */
export function timestamp() {
  return z
    .string()
    .max(35)
    .regex(
      /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/,
      'must be a time such as 2030-01-31T12:00:00.000Z',
    )
    .meta({ format: 'date-time' });
}

/** A list of at most `max` items. */
export function list<T extends z.ZodType>(item: T, max: number) {
  return z.array(item).max(max);
}

/** A map from text to `value` with at most `max` entries. Keys have no limit of their own in a CRD; etcd's is theirs. */
export function map<T extends z.ZodType>(value: T, max: number) {
  return z
    .record(z.string(), value)
    .refine(entries => Object.keys(entries).length <= max, { message: `may have at most ${max} entries` })
    .meta({ maxProperties: max });
}

/** Somebody else's object, kept as written: it is accepted, stored and never interpreted. */
export function opaque() {
  return map(z.unknown(), 32);
}

/** A reference to an object of the same namespace unless it says otherwise. */
export function namespacedRef() {
  return z.object({
    name: objectName().describe('Name of the object.'),
    namespace: namespaceName()
      .exactOptional()
      .describe("Namespace of the object; the Canary's own when unset."),
  });
}

/** A reference to an object whose namespace is given by the place of the reference. */
export function localRef(what: string) {
  return z.object({ name: objectName().describe(`Name of the ${what}.`) });
}
