/** The append-only record of a run: every version of every object and every effect, which the oracle reads afterwards. */
import type { KubeObject, ObjectKey, Resource } from '../../src/runtime/port.ts';
import type { MemoryRequest } from '../memory/kube.ts';
import type { Change } from '../memory/store.ts';

export interface Write {
  readonly type: 'write';
  readonly at: number;
  readonly operator: string;
  readonly verb: MemoryRequest['verb'];
  readonly resource: Resource;
  readonly key: ObjectKey;
  readonly body: unknown;
  readonly force: boolean;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

export interface Commit {
  readonly id: string;
  readonly parent: string;
  readonly at: number;
  /** What the tree holds: the image of the workload. */
  readonly image: string;
  readonly author: 'user' | 'siskin';
  /** Changes the workload's path; others only move the head. */
  readonly changesPath: boolean;
  readonly rollbackOf?: string;
  readonly rollbackId?: string;
}

export type Entry =
  | { readonly type: 'object'; readonly at: number; readonly change: Change }
  | Write
  | {
      readonly type: 'sample';
      readonly at: number;
      /** When the sample was asked for. */
      readonly askedAt: number;
      readonly canary: string;
      readonly image: string;
      readonly outcome: 'pass' | 'fail' | 'undecided';
    }
  | { readonly type: 'commit'; readonly at: number; readonly commit: Commit }
  | {
      readonly type: 'alert';
      readonly at: number;
      readonly title: string;
      readonly operator: string;
      readonly delivered: boolean;
    }
  | { readonly type: 'event'; readonly at: number; readonly reason: string; readonly note: string }
  | { readonly type: 'start' | 'crash'; readonly at: number; readonly operator: string }
  /** Something which no fault explains: a defect whatever the oracle says. */
  | { readonly type: 'defect'; readonly at: number; readonly what: string };

export type History = readonly Entry[];
