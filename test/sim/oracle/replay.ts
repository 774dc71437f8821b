/** Replays a history entry by entry beside the stored objects of that moment, which is all that the checkers look at. */

import type { CanaryStatus } from '../../../src/api/canary-status.ts';
import { Canaries, Deployments, HttpRoutes } from '../../../src/api/resources.ts';
import type { KubeObject, ObjectKey, Resource } from '../../../src/runtime/port.ts';
import { dig, trust } from '../../memory/json.ts';
import { weightsOf } from '../gateway.ts';
import type { Entry, History } from '../history.ts';

export interface Moment {
  readonly entry: Entry;
  readonly index: number;
  /** The stored object after the entry. */
  get(resource: Resource, key: ObjectKey): KubeObject | undefined;
}

/** Collects what the visitor finds wrong, each with the second of the run at which it was. */
export function replay(
  history: History,
  visit: (moment: Moment, complain: (what: string) => void) => void,
): string[] {
  const objects = new Map<string, KubeObject>();
  const complaints: string[] = [];
  const start = history[0]?.at ?? 0;
  for (const [index, entry] of history.entries()) {
    if (entry.type === 'object') {
      const { resource, object, type } = entry.change;
      const id = identity(resource, object.metadata);
      if (type === 'DELETED') objects.delete(id);
      else objects.set(id, object);
    }
    visit({ entry, index, get: (resource, key) => objects.get(identity(resource, key)) }, what =>
      complaints.push(`${((entry.at - start) / 1_000).toFixed(3)} s: ${what}`),
    );
  }
  return complaints;
}

function identity(resource: Resource, key: ObjectKey): string {
  return `${resource.plural}/${key.namespace ?? ''}/${key.name}`;
}

/** The Canary that works on this target: of several, the one whose primary it is. */
export function canaryOf(get: Moment['get'], { namespace = '', name }: ObjectKey): KubeObject | undefined {
  const held = get(Deployments, { namespace, name: `${name}-primary` });
  return get(Canaries, { namespace, name: held?.metadata.ownerReferences?.[0]?.name ?? name });
}

export function statusOf(canary: KubeObject | undefined): CanaryStatus {
  return trust<CanaryStatus>(canary?.status ?? {});
}

export function isAvailable(deployment: KubeObject | undefined): boolean {
  if (deployment === undefined) return false;
  const up = Number(dig(deployment.status, 'availableReplicas') ?? 0);
  return up > 0 && dig(deployment.spec, 'replicas') !== 0;
}

/** Remembers when something held, so that a controller may act on what its cache could know. */
export class Memory {
  private readonly spans: { from: number; to: number }[] = [];
  private since: number | undefined;

  note(at: number, holds: boolean): void {
    if (holds && this.since === undefined) this.since = at;
    if (!holds && this.since !== undefined) {
      this.spans.push({ from: this.since, to: at });
      this.since = undefined;
    }
  }

  held(from: number, to: number): boolean {
    if (this.since !== undefined && this.since <= to) return true;
    return this.spans.some(span => span.from <= to && span.to >= from);
  }
}

export function isDeployment(entry: Entry): boolean {
  return entry.type === 'object' && entry.change.resource.plural === Deployments.plural;
}

/** What the canary got before and gets after a write of the route; undefined for any other entry. */
export function routeWrite(
  entry: Entry,
): { key: ObjectKey; before: Weights | undefined; after: Weights | undefined; operator: string } | undefined {
  if (entry.type !== 'write' || entry.resource.plural !== HttpRoutes.plural) return undefined;
  return {
    key: entry.key,
    operator: entry.operator,
    before: weightsOf(entry.before),
    after: weightsOf(entry.after),
  };
}

interface Weights {
  readonly primary: number;
  readonly canary: number;
}
