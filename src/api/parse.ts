/** Reads objects of our kinds: typed, with every default filled in, or a list of what is wrong with them. */
import { z } from 'zod';
import type { KubeObject, ObjectMeta } from '../runtime/port.ts';
import { AlertProviderSpec } from './alert-provider.ts';
import { CanarySpec } from './canary-spec.ts';
import { CanaryStatus } from './canary-status.ts';
import { ManifestRepositorySpec, ManifestRepositoryStatus } from './manifest-repository.ts';
import { MetricTemplateSpec } from './metric-template.ts';
import { type Problem, problemsOf } from './problem.ts';

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const Strings = z.record(z.string(), z.string());

const OwnerReference = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().exactOptional(),
  blockOwnerDeletion: z.boolean().exactOptional(),
});

const Metadata = z.object({
  name: z.string(),
  namespace: z.string().exactOptional(),
  uid: z.string().exactOptional(),
  resourceVersion: z.string().exactOptional(),
  generation: z.int().exactOptional(),
  creationTimestamp: z.string().exactOptional(),
  deletionTimestamp: z.string().exactOptional(),
  labels: Strings.exactOptional(),
  annotations: Strings.exactOptional(),
  finalizers: z.array(z.string()).exactOptional(),
  ownerReferences: z.array(OwnerReference).exactOptional(),
});

const Type = { apiVersion: z.string().exactOptional(), kind: z.string().exactOptional(), metadata: Metadata };

const CanaryBeyondSpec = z.object({ ...Type, status: CanaryStatus.default({}) });
const CanaryObject = CanaryBeyondSpec.extend({ spec: CanarySpec });
const MetricTemplateObject = z.object({ ...Type, spec: MetricTemplateSpec });
const AlertProviderObject = z.object({ ...Type, spec: AlertProviderSpec });
const ManifestRepositoryObject = z.object({
  ...Type,
  spec: ManifestRepositorySpec,
  status: ManifestRepositoryStatus.default({}),
});

export interface Canary extends KubeObject {
  metadata: ObjectMeta;
  spec: CanarySpec;
  /** Empty before the operator has seen the object. */
  status: CanaryStatus;
}

export interface MetricTemplate extends KubeObject {
  spec: MetricTemplateSpec;
}

export interface AlertProvider extends KubeObject {
  spec: AlertProviderSpec;
}

export interface ManifestRepository extends KubeObject {
  spec: ManifestRepositorySpec;
  status: ManifestRepositoryStatus;
}

function parse<T>(schema: z.ZodType<T>, object: unknown): Parsed<T> {
  const result = schema.safeParse(object, { reportInput: true });
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, problems: problemsOf(result.error.issues) };
}

/**
 * Caches share the spec between versions of an object that differ in their status alone, and reading it is most of the
 * work. As everything in a cache, it never changes.
 */
const soundSpecs = new WeakMap<object, CanarySpec>();

/** Passes and deliveries read the same version: it is parsed once. */
export function parseCanary(object: unknown): Parsed<Canary> {
  return typeof object === 'object' && object !== null ? parseOnce(object) : parse(CanaryObject, object);
}

const parseOnce = once((object): Parsed<Canary> => {
  const source = specOf(object);
  const spec = source === undefined ? undefined : soundSpecs.get(source);
  if (spec !== undefined) {
    const parsed = parse(CanaryBeyondSpec, object);
    return parsed.ok ? { ok: true, value: { ...parsed.value, spec } } : parsed;
  }
  const parsed = parse<Canary>(CanaryObject, object);
  if (parsed.ok && source !== undefined) soundSpecs.set(source, parsed.value.spec);
  return parsed;
});

function specOf(object: object): object | undefined {
  if (!Object.hasOwn(object, 'spec')) return undefined;
  const spec: unknown = Reflect.get(object, 'spec');
  return typeof spec === 'object' && spec !== null ? spec : undefined;
}

/** The fields of a Canary's status that can be read, where not all can: a newer operator may have written them. */
export function readableStatus(status: unknown): CanaryStatus {
  if (typeof status !== 'object' || status === null) return {};
  const readable = Object.entries(CanaryStatus.shape).flatMap(([name, schema]) => {
    const field = Object.hasOwn(status, name) ? schema.safeParse(Reflect.get(status, name)) : undefined;
    return field?.success === true ? [[name, field.data]] : [];
  });
  return CanaryStatus.parse(Object.fromEntries(readable));
}

export const parseMetricTemplate = reader<MetricTemplate>(MetricTemplateObject);
export const parseAlertProvider = reader<AlertProvider>(AlertProviderObject);
export const parseManifestRepository = reader<ManifestRepository>(ManifestRepositoryObject);

function reader<T>(schema: z.ZodType<T>): (object: object) => Parsed<T> {
  return once(object => parse(schema, object));
}

/** Every pass looks at its Canary and at what it refers to: an object, which never changes in a cache, is read once. */
function once<T>(read: (object: object) => Parsed<T>): (object: object) => Parsed<T> {
  const known = new WeakMap<object, Parsed<T>>();
  return object => {
    const held = known.get(object) ?? read(object);
    known.set(object, held);
    return held;
  };
}
