/** A Canary as the controller works with it: parsed, with every default filled in, cut into what each room needs. */
import { type Canary, parseCanary } from '../api/parse.ts';
import type { KubeObject } from '../runtime/port.ts';
import type { Router } from '../traffic/port.ts';
import type { CanaryRef } from '../workload/port.ts';
import type { Ports, Settings } from './ports.ts';
import { salvage } from './salvage.ts';
import { cut, readSpec, type SpecModel, type SpecRefusal } from './spec-model.ts';

export interface Model extends SpecModel {
  readonly canary: Canary;
}

/** Why a Canary cannot run at all until its spec changes. */
export interface Refusal extends SpecRefusal {
  /** Enough of it to give the application back when it is deleted; undefined where nothing can be read. */
  readonly remains?: Model;
}

// Objects in a cache never change, and every pass of every queue reads them: parsing is most of what a pass would cost.
const known = new WeakMap<KubeObject, { readonly settings: Settings; readonly read: Model | Refusal }>();

export function readCanary(object: KubeObject, settings: Settings): Model | Refusal {
  const held = known.get(object);
  if (held?.settings === settings) return held.read;
  const read = parse(object, settings);
  known.set(object, { settings, read });
  return read;
}

function parse(object: KubeObject, settings: Settings): Model | Refusal {
  const read = tryParse(object, settings);
  const canary = isRefusal(read) ? salvage(object) : undefined;
  if (canary === undefined) return read;
  const { spec } = canary;
  return {
    ...read,
    remains: { canary, ...cut(spec, refOf(canary), spec.provider ?? settings.provider, settings) },
  };
}

function tryParse(object: KubeObject, settings: Settings): Model | Refusal {
  const parsed = parseCanary(object);
  if (!parsed.ok) {
    return {
      reason: 'InvalidSpec',
      message: parsed.problems.map(({ field, message }) => `${field} ${message}`).join('; '),
    };
  }
  const canary = parsed.value;
  const read = readSpec(canary.spec, refOf(canary), settings);
  return 'reason' in read ? read : { canary, ...read };
}

function refOf({ metadata: { namespace = '', name, uid = '' } }: Canary): CanaryRef {
  return { namespace, name, uid };
}

export function isRefusal(read: Model | Refusal): read is Refusal {
  return 'reason' in read;
}

export function routerOf(model: Model, ports: Pick<Ports, 'routers'>): Router {
  return ports.routers[model.plan.routed ? 'gatewayapi' : 'kubernetes'];
}
