/** Wiring: events of the caches become keys in three queues; traffic never waits behind Git, nor Git behind Slack. */
import type { KubeObject, ObjectKey } from '../runtime/port.ts';
import { Interest, type Watched } from './interest.ts';

/** The part of a work queue that events need. Higher priorities run first. */
export interface Wakes {
  add(key: string, options?: { readonly priority?: number }): void;
}

/** A cache that tells of its changes, those before the call included. */
export interface Changing {
  onChange(
    handler: (key: ObjectKey, object: KubeObject | undefined, old: KubeObject | undefined) => void,
  ): void;
}

export interface Queues {
  readonly traffic: Wakes;
  readonly git: Wakes;
  readonly alerts: Wakes;
}

const priorities = { serving: 2, change: 1 } as const;

export function keyOf({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

export function parseKey(key: string): ObjectKey & { readonly namespace: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}

/** Subscribes the queues to every cache. `canaries` also tells of our own writes, which wakes the next pass. */
export function wire(canaries: Changing, watched: Readonly<Record<Watched, Changing>>, queues: Queues): void {
  const interest = new Interest();
  canaries.onChange((key, object) => {
    const name = keyOf(key);
    for (const other of interest.update(name, object))
      queues.traffic.add(other, { priority: priorities.change });
    queues.traffic.add(name, { priority: priorityOf(object) });
    const owed = owedKinds(object);
    if (owed.git) queues.git.add(name);
    if (owed.alerts) queues.alerts.add(name);
  });
  for (const [kind, cache] of Object.entries(watched)) {
    if (!isWatched(kind)) continue;
    cache.onChange(key => {
      for (const canary of interest.of(kind, key)) {
        queues.traffic.add(canary, { priority: priorities.change });
        if (kind === 'manifestrepositories') queues.git.add(canary);
        if (kind === 'alertproviders') queues.alerts.add(canary);
      }
    });
  }
}

/** A canary that serves users goes before anything else: its failure must not wait behind a thousand others. */
function priorityOf(object: KubeObject | undefined): number {
  const weight = property(object?.status, 'canaryWeight');
  return typeof weight === 'number' && weight > 0 ? priorities.serving : priorities.change;
}

function owedKinds(object: KubeObject | undefined): { git: boolean; alerts: boolean } {
  const outbox = property(object?.status, 'outbox');
  const kinds = Array.isArray(outbox) ? outbox.map(entry => property(entry, 'kind')) : [];
  return {
    git: kinds.some(kind => typeof kind === 'string' && kind !== 'alert'),
    alerts: kinds.includes('alert'),
  };
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

const kinds: ReadonlySet<string> = new Set<Watched>([
  'deployments',
  'services',
  'httproutes',
  'gateways',
  'metrictemplates',
  'alertproviders',
  'manifestrepositories',
]);
function isWatched(kind: string): kind is Watched {
  return kinds.has(kind);
}
