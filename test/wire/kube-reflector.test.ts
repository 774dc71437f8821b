import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Canaries, Deployments, HttpRoutes } from '../../src/api/resources.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { type ConnectedKubeClient, createKubeClient } from '../../src/runtime/kube.ts';
import { silentLog } from '../../src/runtime/log.ts';
import type { KubeObject } from '../../src/runtime/port.ts';
import { Reflector, type ReflectorOptions, stripped } from '../../src/runtime/reflector.ts';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import type { FakeRequest } from './fake-request.ts';

const collection = 'apps/v1/deployments';

let server: FakeApiServer;
let client: ConnectedKubeClient;
let reflectors: { stop(): Promise<void> }[];
let relists: string[];

beforeEach(async () => {
  server = await startFakeApiServer();
  client = createKubeClient({ kubeConfig: server.kubeConfig(), version: '0', timeoutMs: 20_000 });
  reflectors = [];
  relists = [];
});

afterEach(async () => {
  await Promise.all(reflectors.map(reflector => reflector.stop()));
  await client.close();
  await server[Symbol.asyncDispose]();
});

function reflector(options: Partial<ReflectorOptions<KubeObject>> = {}): Reflector<KubeObject> {
  const made = new Reflector<KubeObject>({
    source: client,
    resource: Deployments,
    keep: stripped,
    clock: systemClock,
    log: silentLog,
    backoff: { baseMs: 5, capMs: 50 },
    idleMs: 30_000,
    metrics: {
      relisted: (_resource, reason) => void relists.push(reason),
      event: () => undefined,
      decodeError: () => undefined,
    },
    ...options,
  });
  reflectors.push(made);
  made.start();
  return made;
}

function put(name: string, spec: unknown = {}, namespace = 'shop'): void {
  server.store.apply(collection, namespace, name, { metadata: { namespace, name }, spec });
}

function names(from: Reflector<KubeObject>): string[] {
  return from
    .list()
    .map(object => object.metadata.name)
    .sort();
}

const isWatch = (request: FakeRequest) => request.watch;
const isList = (request: FakeRequest) => !request.watch;

async function watching(count = 1): Promise<void> {
  await vi.waitFor(() => expect(server.watchCount).toBe(count), { timeout: 10_000 });
}

async function shows(from: Reflector<KubeObject>, expected: string[]): Promise<void> {
  await vi.waitFor(() => expect(names(from)).toEqual(expected), { timeout: 10_000, interval: 5 });
}

describe('a healthy watch', () => {
  it('lists, follows, and tells handlers what changed', async () => {
    put('a');
    const seen: string[] = [];
    const cache = reflector();
    cache.onChange((key, object, old) =>
      seen.push(
        `${key.namespace}/${key.name} ${old === undefined ? '-' : 'old'} ${object === undefined ? '-' : 'new'}`,
      ),
    );
    await cache.whenSynced();
    expect(cache.synced).toBe(true);
    await watching();
    put('b');
    put('a', { replicas: 2 });
    server.store.delete(collection, 'shop', 'b');
    await vi.waitFor(() => expect(seen).toHaveLength(4));
    expect(seen).toEqual(['shop/a - new', 'shop/b - new', 'shop/a old new', 'shop/b old -']);
    expect(cache.get({ namespace: 'shop', name: 'a' })).toMatchObject({
      kind: 'Deployment',
      spec: { replicas: 2 },
    });
  });

  it('asks for bookmarks, a jittered end, and resumes at the last bookmark', async () => {
    put('a');
    const cache = reflector({ random: () => 0.5 });
    await cache.whenSynced();
    await watching();
    server.store.version += 1_000;
    const heard = cache.lastEventAt;
    server.bookmark();
    await vi.waitFor(() => expect(cache.lastEventAt).toBeGreaterThan(heard));
    server.cutWatches('end');
    await vi.waitFor(() => expect(server.requests.filter(isWatch)).toHaveLength(2));
    const [first, second] = server.requests.filter(isWatch);
    expect(first?.query.get('allowWatchBookmarks')).toBe('true');
    expect(first?.query.get('timeoutSeconds')).toBe('450');
    expect(second?.query.get('resourceVersion')).toBe(String(server.store.version));
    expect(relists).toEqual(['start']);
  });

  it('watches the given namespaces only, and what the selector matches', async () => {
    put('a', {}, 'one');
    put('b', {}, 'two');
    put('c', {}, 'three');
    const scoped = reflector({ namespaces: ['one', 'two'] });
    await scoped.whenSynced();
    await watching(2);
    put('d', {}, 'two');
    put('e', {}, 'three');
    await shows(scoped, ['a', 'b', 'd']);
    expect(scoped.list('two')).toHaveLength(2);
    scoped.observe({ metadata: { namespace: 'three', name: 'x', resourceVersion: '999999' } });
    expect(scoped.list('three')).toEqual([]);
  });

  it('projects at the edge', async () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'x' };
    server.store.create(collection, {
      metadata: { name: 'a', namespace: 's', annotations, managedFields: [] },
    });
    const cache = reflector();
    await cache.whenSynced();
    const { metadata } = cache.get({ namespace: 's', name: 'a' }) ?? {};
    expect(metadata?.annotations).toEqual({ mine: 'x' });
    expect(metadata).not.toHaveProperty('managedFields');
  });

  it('reads its own writes at once', async () => {
    put('a', { replicas: 1 });
    const cache = reflector();
    await cache.whenSynced();
    await watching();
    server.cutWatches('freeze');
    const key = { namespace: 'shop', name: 'a' };
    cache.observe(await client.patch(Deployments, key, { spec: { replicas: 7 } }));
    expect(cache.get(key)).toMatchObject({ spec: { replicas: 7 } });
  });
});

describe('recovery', () => {
  it.each(['end', 'reset', 'truncate', 'invalid'] as const)(
    'from a watch cut by %s, without a relist',
    async how => {
      put('a');
      const cache = reflector();
      await cache.whenSynced();
      await watching();
      server.cutWatches(how);
      put('b');
      await shows(cache, ['a', 'b']);
      expect(relists).toEqual(['start']);
    },
  );

  it('from a half-open connection, by its silence', async () => {
    const cache = reflector({ idleMs: 200 });
    await cache.whenSynced();
    await watching();
    server.cutWatches('freeze');
    put('unseen');
    await shows(cache, ['unseen']);
  });

  it('from 500s and resets of the list, from garbage, from 429', async () => {
    put('a');
    server.inject({ kind: 'status', status: 500 }, isList, 3);
    server.inject({ kind: 'reset' }, isList, 2);
    server.inject({ kind: 'garbage' }, isList, 2);
    server.inject({ kind: 'truncate' }, isList, 1);
    server.inject({ kind: 'status', status: 429, retryAfter: '0' }, isList, 1);
    const cache = reflector();
    await cache.whenSynced();
    expect(names(cache)).toEqual(['a']);
  });

  it('from 500s, resets and garbage of the watch', async () => {
    server.inject({ kind: 'status', status: 500 }, isWatch, 2);
    server.inject({ kind: 'reset' }, isWatch, 2);
    server.inject({ kind: 'garbage' }, isWatch, 2);
    const cache = reflector();
    await cache.whenSynced();
    await watching();
    put('a');
    await shows(cache, ['a']);
  });

  it('from an API server that is away for a while', async () => {
    const cache = reflector();
    await cache.whenSynced();
    await watching();
    const port = Number(new URL(server.url).port);
    await server[Symbol.asyncDispose]();
    const store = server.store;
    server = await startFakeApiServer({ port });
    server.store.version = store.version;
    put('after');
    await shows(cache, ['after']);
  });

  it.each(['event', 'status'] as const)(
    'FL-3: a deletion missed during a watch gap is seen after 410 as %s',
    async goneAs => {
      await server[Symbol.asyncDispose]();
      await client.close();
      server = await startFakeApiServer({ goneAs });
      client = createKubeClient({ kubeConfig: server.kubeConfig(), version: '0' });
      put('stays');
      put('goes');
      const deleted: string[] = [];
      const cache = reflector();
      cache.onChange((key, object, old) => {
        if (object === undefined) deleted.push(`${key.name} ${old?.metadata.name}`);
      });
      await cache.whenSynced();
      await watching();
      server.inject({ kind: 'black-hole' }, isWatch, 1);
      server.cutWatches('reset');
      await vi.waitFor(() => expect(server.requests.filter(isWatch)).toHaveLength(2));
      server.store.delete(collection, 'shop', 'goes');
      put('came');
      server.store.compact();
      server.dropConnections();
      await shows(cache, ['came', 'stays']);
      expect(deleted).toEqual(['goes goes']);
      expect(relists).toContain('expired');
    },
  );

  it('from an ERROR event with 410 in a running watch', async () => {
    const cache = reflector();
    await cache.whenSynced();
    await watching();
    server.cutWatches('gone');
    put('a');
    await shows(cache, ['a']);
    expect(relists).toEqual(['start', 'expired']);
  });

  it.each(['gone', 'end'] as const)(
    'from a history that went back, as after a restore of etcd (%s)',
    async how => {
      put('a');
      const cache = reflector({ idleMs: 200 });
      await cache.whenSynced();
      await watching();
      server.cutWatches('freeze');
      server.store.rewind(5);
      server.store.delete(collection, 'shop', 'a');
      put('restored');
      server.cutWatches(how);
      await shows(cache, ['restored']);
    },
  );

  it('bounds its requests when every watch ends at once', async () => {
    const cache = reflector({ backoff: { baseMs: 100, capMs: 30_000 } });
    await cache.whenSynced();
    server.inject({ kind: 'garbage', body: '' }, isWatch, 1_000);
    await vi.waitFor(() => expect(server.requests.filter(isWatch).length).toBeGreaterThan(3), {
      timeout: 10_000,
    });
    // 50 ms at the least, doubling: a hot loop makes thousands.
    expect(server.requests.filter(isWatch).length).toBeLessThan(50);
  });
});

describe('isolation', () => {
  it('outlives handlers and projections that throw, and keeps the last good copy', async () => {
    put('a', { good: 1 });
    const cache = reflector({
      keep: object => {
        if (JSON.stringify(object.spec).includes('poison')) throw new Error('cannot read');
        return object;
      },
    });
    const seen: string[] = [];
    cache.onChange(() => {
      throw new Error('handler');
    });
    cache.onChange(key => seen.push(key.name));
    await cache.whenSynced();
    await watching();
    put('a', { poison: true });
    put('b');
    await shows(cache, ['a', 'b']);
    expect(seen).toEqual(['a', 'b']);
    expect(cache.get({ namespace: 'shop', name: 'a' })?.spec).toEqual({ good: 1 });
  });
});

describe('a CRD that is not installed', () => {
  const routes = 'gateway.networking.k8s.io/v1/httproutes';

  it('reads as empty and synced, and is found when it appears', async () => {
    server.absent.add(routes);
    const cache = reflector({ resource: HttpRoutes, absentOk: true, absentRetryMs: 20 });
    await cache.whenSynced();
    expect(cache.list()).toEqual([]);
    server.absent.delete(routes);
    server.store.create(routes, { metadata: { namespace: 'shop', name: 'r' } });
    await shows(cache, ['r']);
    await watching();
    server.absent.add(routes);
    server.cutWatches('end');
    await shows(cache, []);
  });

  it('is not synced when it must be there', async () => {
    server.absent.add('siskin.dev/v1beta1/canaries');
    const cache = reflector({ resource: Canaries });
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(3));
    expect(cache.synced).toBe(false);
    server.absent.clear();
    await cache.whenSynced();
  });
});
