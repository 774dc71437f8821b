/** A place in Git as the controller works with it, and why there is none. */
import type { AppliedWorkload, Confidence } from '../trace/port.ts';
import type { Access } from './repository.ts';

export interface Place extends Access {
  readonly path: string;
  /** Other paths that the manifests are made from, outside of `path`. */
  readonly also?: readonly string[];
  /** What the agent applied. */
  readonly commit?: string;
  readonly evidence?: string;
  readonly confidence?: Confidence;
}

export interface Target extends AppliedWorkload {
  /** Of its containers. */
  readonly images: readonly string[];
}

/** Why no place can be used until somebody changes an object. */
export class PlaceError extends Error {
  readonly reason: 'PathUnknown' | 'RepositoryMismatch' | 'BranchMismatch';

  constructor(reason: PlaceError['reason'], message: string) {
    super(message);
    this.name = 'PlaceError';
    this.reason = reason;
  }
}
