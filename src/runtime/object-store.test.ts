import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from './kube-path.ts';
import { ObjectStore } from './object-store.ts';
import type { KubeObject } from './port.ts';

function object(name: string, version: number, namespace = 'a', uid = 'u'): KubeObject {
  return { metadata: { namespace, name, uid, resourceVersion: String(version) } };
}

function storeWithLog() {
  const log: string[] = [];
  const store = new ObjectStore<KubeObject>((key, now, old) => {
    const versions = [old, now].map(object => object?.metadata.resourceVersion ?? '-');
    log.push(`${key.namespace ?? ''}/${key.name} ${versions.join('>')}`);
  });
  return { store, log };
}

function odd(version: string): KubeObject {
  return { metadata: { name: 'x', resourceVersion: version } };
}

function names(objects: Iterable<KubeObject>): string[] {
  return [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
}

describe('the object store', () => {
  it.each([
    ['the same object with another status', { uid: 'u', generation: 1 }, true],
    ['another generation', { uid: 'u', generation: 2 }, false],
    ['another object with the name', { uid: 'v', generation: 1 }, false],
    ['a kind without generations', { uid: 'u' }, false],
  ])('shares the spec between versions where the generation says that it may: %s', (_, metadata, shared) => {
    const { store } = storeWithLog();
    const spec = { weight: 1 };
    const held = 'generation' in metadata ? { uid: 'u', generation: 1 } : { uid: 'u' };
    store.put({ metadata: { name: 'x', resourceVersion: '1', ...held }, spec, status: { phase: 'a' } });
    const next = {
      metadata: { name: 'x', resourceVersion: '2', ...metadata },
      spec: { weight: 1 },
      status: { phase: 'b' },
    };
    store.put(next);
    const now = store.get({ name: 'x' });
    expect(now).toEqual(next);
    expect(now?.spec === spec).toBe(shared);
    // The objects that came in are the caller's.
    expect(next.spec).not.toBe(spec);
  });

  it('lists by namespace, and tells each change with what was before', () => {
    const { store, log } = storeWithLog();
    store.put(object('x', 1));
    store.put(object('y', 2, 'b'));
    store.put(object('x', 3));
    store.remove({ namespace: 'b', name: 'y' }, '4');
    expect(store.list('a')).toEqual([object('x', 3)]);
    expect(store.list('b')).toEqual([]);
    expect(store.list()).toHaveLength(1);
    expect(log).toEqual(['a/x ->1', 'b/y ->2', 'a/x 1>3', 'b/y 2>-']);
  });

  it('never goes back: older events, writes and repeats are ignored without a word', () => {
    const { store, log } = storeWithLog();
    store.put(object('x', 9));
    store.put(object('x', 9));
    store.put(object('x', 8));
    store.observe(undefined, object('x', 7));
    store.remove({ namespace: 'a', name: 'x' }, '8');
    expect(store.get({ namespace: 'a', name: 'x' })).toEqual(object('x', 9));
    expect(log).toHaveLength(1);
  });

  it('does not let a late write-through resurrect what was deleted, by event or by list', () => {
    const { store } = storeWithLog();
    store.replace(undefined, [object('x', 5), object('y', 6)], '6');
    store.remove({ namespace: 'a', name: 'x' }, '8');
    store.advance(undefined, '8');
    store.observe(undefined, object('x', 7));
    expect(store.get({ namespace: 'a', name: 'x' })).toBeUndefined();
    store.replace(undefined, [], '12');
    store.observe(undefined, object('y', 11));
    expect(store.list()).toEqual([]);
    store.observe(undefined, object('x', 13, 'a', 'another'));
    expect(store.list()).toHaveLength(1);
  });

  it('FL-3: synthesises the deletes that a list shows, but keeps what was written after the list', () => {
    const { store, log } = storeWithLog();
    store.replace(undefined, [object('gone', 1), object('kept', 2)], '2');
    store.observe(undefined, object('written', 9));
    store.replace(undefined, [object('kept', 2)], '8');
    expect(log.slice(-1)).toEqual(['a/gone 1>-']);
    expect(store.list().map(object => object.metadata.name)).toEqual(['kept', 'written']);
  });

  it('replaces one scope only, and everything when history was reset', () => {
    const { store } = storeWithLog();
    store.replace('a', [object('x', 50)], '50');
    store.replace('b', [object('y', 60, 'b')], '60');
    store.replace('a', [], '70');
    expect(store.list().map(object => object.metadata.name)).toEqual(['y']);
    store.replace('b', [object('z', 3, 'b')], '3', true);
    expect(store.list()).toEqual([object('z', 3, 'b')]);
  });

  it('trusts the watch, but not a write-through, when versions cannot be compared', () => {
    const { store } = storeWithLog();
    store.put(odd('abc'));
    store.put(odd('abd'));
    store.observe(undefined, odd('abe'));
    expect(store.get({ name: 'x' })?.metadata.resourceVersion).toBe('abd');
  });

  it('survives names that are properties of every object', () => {
    const { store } = storeWithLog();
    store.put(object('__proto__', 1, 'constructor'));
    expect(store.list('constructor')).toHaveLength(1);
    expect(store.list('toString')).toEqual([]);
  });

  it('ends equal to the server, never going back, however events, lists and late write-throughs interleave', () => {
    const step = record({
      act: constantFrom('write', 'delete', 'deliver', 'observe', 'relist'),
      name: constantFrom('x', 'y', 'z'),
      delay: integer({ min: 0, max: 5 }),
    });
    assert(
      property(array(step, { maxLength: 60 }), steps => {
        const newest = new Map<string, string>();
        const store = new ObjectStore<KubeObject>((key, now, old) => {
          const version = now?.metadata.resourceVersion ?? old?.metadata.resourceVersion;
          const before = newest.get(key.name);
          if (before !== undefined) {
            expect(compareVersions(version, before)).toBeGreaterThanOrEqual(0);
          }
          if (version !== undefined) newest.set(key.name, version);
        });
        const server = new Map<string, KubeObject>();
        const history: { type: 'put' | 'remove'; object: KubeObject }[] = [];
        const answers: KubeObject[] = [];
        let version = 100;
        let delivered = 0;
        for (const { act, name, delay } of steps) {
          if (act === 'write') {
            const written = object(name, ++version);
            server.set(name, written);
            history.push({ type: 'put', object: written });
            answers.push(written);
          } else if (act === 'delete' && server.delete(name)) {
            history.push({ type: 'remove', object: object(name, ++version) });
          } else if (act === 'observe') {
            const late = answers.at(-1 - delay);
            if (late !== undefined) store.observe(undefined, late);
          } else if (act === 'relist') {
            store.replace(undefined, [...server.values()], String(version));
            delivered = history.length;
          } else if (act === 'deliver') {
            deliver();
          }
        }
        while (delivered < history.length) deliver();
        for (const answer of answers) store.observe(undefined, answer);
        expect(names(store.list())).toEqual(names(server.values()));

        function deliver(): void {
          const event = history[delivered];
          if (event === undefined) return;
          delivered += 1;
          if (event.type === 'put') store.put(event.object);
          if (event.type === 'remove') {
            store.remove(event.object.metadata, event.object.metadata.resourceVersion);
          }
          store.advance(undefined, event.object.metadata.resourceVersion);
        }
      }),
      { numRuns: 500 },
    );
  });
});
