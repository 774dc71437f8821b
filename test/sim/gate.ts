/** The gate between one operator process and the world: every request passes it, faults strike in it, and a dead process gets no answer. */
import type { KubeClient, KubeObject, ObjectKey, Resource } from '../../src/runtime/port.ts';
import type { MemoryKube, MemoryRequest } from '../memory/kube.ts';
import type { Effect } from './faults.ts';
import type { World } from './world.ts';

export interface Life {
  readonly operator: string;
  dead: boolean;
}

/** A promise that never settles is how a killed process's awaits look from inside. */
function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

export interface Gate {
  pass<T>(effect: Omit<Effect, 'operator'>, perform: () => T | Promise<T>): Promise<T>;
}

export function createGate(world: World, life: Life): Gate {
  function wait(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve();
    return new Promise(resolve => {
      world.clock.after(ms, resolve);
    });
  }

  return {
    async pass(partial, perform) {
      const effect = { ...partial, operator: life.operator };
      if (life.dead) return never();
      const [before, after] = world.faults.latency(effect);
      await wait(before);
      if (life.dead) return never();
      const strike = world.faults.strike(effect, effect.mutates ? world.countEffect(effect) : 0);
      if (strike?.kind === 'crash-before') {
        world.crash(life.operator);
        return never();
      }
      if (strike?.kind === 'refuse') throw strike.error;
      const result = await perform();
      if (strike?.kind === 'crash-after') world.crash(life.operator);
      await wait(after);
      if (life.dead) return never();
      if (strike?.kind === 'lose') throw strike.error;
      return result;
    },
  };
}

/** The operator's API client: as the in-memory one, but through the gate and with each write recorded. */
export function gatedKube(world: World, gate: Gate, life: Life): KubeClient {
  const inner = world.kube.client();

  function read<T>(what: string, perform: () => Promise<T>): Promise<T> {
    return gate.pass({ what, mutates: false, remote: false }, perform);
  }

  function write<T>(
    verb: MemoryRequest['verb'],
    resource: Resource,
    key: ObjectKey,
    carried: { body: unknown; force?: boolean },
    perform: () => Promise<T>,
  ): Promise<T> {
    const what = `${verb} ${resource.plural}/${key.name}`;
    return gate.pass({ what, mutates: true, remote: false }, async () => {
      const before = peek(world.kube, resource, key);
      const answer = await perform();
      world.record({
        type: 'write',
        at: world.clock.now(),
        operator: life.operator,
        verb,
        resource,
        key,
        body: carried.body,
        force: carried.force === true,
        before,
        after: peek(world.kube, resource, key),
      });
      return answer;
    });
  }

  return {
    get: (resource, key) => read(`get ${resource.plural}/${key.name}`, () => inner.get(resource, key)),
    list: (resource, options) => read(`list ${resource.plural}`, () => inner.list(resource, options)),
    create: (resource, object) =>
      write('create', resource, object.metadata, { body: object }, () => inner.create(resource, object)),
    apply: (resource, object, options) =>
      write('apply', resource, object.metadata, { body: object, force: options?.force === true }, () =>
        inner.apply(resource, object, options),
      ),
    patch: (resource, key, body, options) =>
      write('patch', resource, key, { body }, () => inner.patch(resource, key, body, options)),
    delete: (resource, key, options) =>
      write('delete', resource, key, { body: options }, () => inner.delete(resource, key, options)),
  };
}

function peek(kube: MemoryKube, resource: Resource, key: ObjectKey): KubeObject | undefined {
  return kube.peek(resource, key);
}
