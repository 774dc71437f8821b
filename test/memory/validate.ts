/** The refusals (422 Invalid) of an API server which our adapters could run into. */
import { ApiError } from '../../src/runtime/errors.ts';
import type { Resource } from '../../src/runtime/port.ts';
import { dig, isRecord, type Json, same } from './json.ts';

function invalid(field: string, why: string): ApiError {
  return new ApiError(`${field}: Invalid value: ${why}`, { status: 422, reason: 'Invalid' });
}

/** `before` is undefined on creation. */
export function validate(resource: Resource, before: Json | undefined, after: Json): void {
  const owners = dig(after, 'metadata', 'ownerReferences');
  const controllers = Array.isArray(owners)
    ? owners.filter(owner => isRecord(owner) && owner.controller === true)
    : [];
  if (controllers.length > 1)
    throw invalid('metadata.ownerReferences', 'only one reference can have controller true');
  if (resource.kind === 'Deployment') validateDeployment(before, after);
  if (resource.kind === 'Service') validateService(before, after);
  if (before !== undefined && dig(before, 'metadata', 'deletionTimestamp') !== undefined) {
    const had = dig(before, 'metadata', 'finalizers');
    const has = dig(after, 'metadata', 'finalizers');
    const added = Array.isArray(has) && has.some(name => !Array.isArray(had) || !had.includes(name));
    if (added)
      throw invalid('metadata.finalizers', 'no new finalizers can be added if the object is being deleted');
  }
}

function validateDeployment(before: Json | undefined, after: Json): void {
  const selector = dig(after, 'spec', 'selector', 'matchLabels');
  if (!isRecord(selector)) throw invalid('spec.selector', 'required');
  if (before !== undefined && !same(dig(before, 'spec', 'selector'), dig(after, 'spec', 'selector'))) {
    throw invalid('spec.selector', 'field is immutable');
  }
  for (const [label, value] of Object.entries(selector)) {
    if (dig(after, 'spec', 'template', 'metadata', 'labels', label) !== value) {
      throw invalid('spec.template.metadata.labels', '`selector` does not match template `labels`');
    }
  }
}

function validateService(before: Json | undefined, after: Json): void {
  if (before !== undefined && !same(dig(before, 'spec', 'clusterIP'), dig(after, 'spec', 'clusterIP'))) {
    throw invalid('spec.clusterIP', 'may not change once set');
  }
  const listed = dig(after, 'spec', 'ports');
  const ports = Array.isArray(listed) ? listed.filter(isRecord) : [];
  if (ports.length < 2) return;
  const names = ports.map(port => port.name);
  if (names.includes(undefined)) throw invalid('spec.ports.name', 'required when there are several ports');
  if (new Set(names).size < names.length) throw invalid('spec.ports.name', 'duplicate');
}
