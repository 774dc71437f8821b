/** Whose object is it: owner references to a Canary. */
import { apiVersionOf, Canaries } from '../api/resources.ts';
import type { KubeObject, OwnerReference } from '../runtime/port.ts';
import type { CanaryRef } from './port.ts';

/** `blockOwnerDeletion` keeps a foreground deletion of the Canary waiting for what it made. */
export function ownerReferenceTo(canary: CanaryRef): OwnerReference {
  return {
    apiVersion: apiVersionOf(Canaries),
    kind: Canaries.kind,
    name: canary.name,
    uid: canary.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(owner => owner.controller === true);
}

/** By uid: an object of a deleted Canary with the same name is somebody else's. */
export function isOwnedBy(object: KubeObject, canary: CanaryRef): boolean {
  return controllerOf(object)?.uid === canary.uid;
}

/** For people: who holds the object. */
export function holderOf(object: KubeObject): string {
  const owner = controllerOf(object);
  return owner === undefined ? 'not made by Siskin' : `controlled by ${owner.kind} ${owner.name}`;
}
