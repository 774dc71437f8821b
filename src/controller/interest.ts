/** Interest: which Canaries look at which object, so that an event wakes exactly those. */
import type { KubeObject, ObjectKey } from '../runtime/port.ts';

export type Watched =
  | 'deployments'
  | 'services'
  | 'httproutes'
  | 'gateways'
  | 'metrictemplates'
  | 'alertproviders'
  | 'manifestrepositories';

/** Kept up to date by Canary events; looking up costs no scan however many Canaries there are. */
export class Interest {
  private readonly byObject = new Map<string, Set<string>>();
  private readonly byCanary = new Map<string, readonly string[]>();

  /** With `object` undefined, the Canary is gone. Answers the other Canaries that named one of its objects: a conflict may be over, or new. */
  update(canary: string, object: KubeObject | undefined): readonly string[] {
    const before = this.byCanary.get(canary) ?? [];
    const after = object === undefined ? [] : namesOf(object);
    if (sameList(before, after)) return [];
    const others = new Set([...before, ...after].flatMap(name => [...(this.byObject.get(name) ?? [])]));
    for (const name of before) this.remove(name, canary);
    for (const name of after) this.add(name, canary);
    if (object === undefined) this.byCanary.delete(canary);
    else this.byCanary.set(canary, after);
    others.delete(canary);
    return [...others];
  }

  /** Keys of the Canaries which an object of this kind concerns. */
  of(kind: Watched, { namespace = '', name }: ObjectKey): readonly string[] {
    return [...(this.byObject.get(`${kind}/${namespace}/${name}`) ?? [])];
  }

  private add(name: string, canary: string): void {
    const set = this.byObject.get(name);
    if (set === undefined) this.byObject.set(name, new Set([canary]));
    else set.add(canary);
  }

  private remove(name: string, canary: string): void {
    const set = this.byObject.get(name);
    set?.delete(canary);
    if (set?.size === 0) this.byObject.delete(name);
  }
}

/** Read loosely: a Canary that is invalid elsewhere still has to hear of its objects. */
function namesOf({ metadata, spec }: KubeObject): string[] {
  const namespace = metadata.namespace ?? '';
  const names: string[] = [];
  const target = text(spec, 'targetRef', 'name');
  const service = text(spec, 'service', 'name') ?? target;
  if (target !== undefined)
    names.push(...['', '-primary'].map(end => `deployments/${namespace}/${target}${end}`));
  if (service !== undefined) {
    names.push(
      ...['', '-primary', '-canary'].map(end => `services/${namespace}/${service}${end}`),
      `httproutes/${namespace}/${service}`,
    );
  }
  for (const gateway of items(spec, 'service', 'gatewayRefs')) {
    names.push(`gateways/${text(gateway, 'namespace') ?? namespace}/${text(gateway, 'name') ?? ''}`);
  }
  for (const metric of [
    ...items(spec, 'analysis', 'metrics'),
    ...items(spec, 'rollback', 'watch', 'metrics'),
  ]) {
    const name = text(metric, 'templateRef', 'name');
    if (name !== undefined)
      names.push(`metrictemplates/${text(metric, 'templateRef', 'namespace') ?? namespace}/${name}`);
  }
  for (const alert of items(spec, 'analysis', 'alerts')) {
    const name = text(alert, 'providerRef', 'name');
    if (name !== undefined)
      names.push(`alertproviders/${text(alert, 'providerRef', 'namespace') ?? namespace}/${name}`);
  }
  const repository = text(spec, 'rollback', 'git', 'repositoryRef', 'name');
  const promotions = items(spec, 'promotion').map(target => text(target, 'repositoryRef', 'name'));
  for (const name of new Set([repository, ...promotions]))
    if (name !== undefined) names.push(`manifestrepositories//${name}`);
  return names;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
        ? Reflect.get(inner, name)
        : undefined,
    value,
  );
}

function text(value: unknown, ...path: string[]): string | undefined {
  const found = at(value, path);
  return typeof found === 'string' ? found : undefined;
}

function items(value: unknown, ...path: string[]): readonly unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
