/** The runtime against the real API server: what the fake one of the wire tests could have got wrong. */
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, describe, expect, inject, it, vi } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../src/runtime/errors.ts';
import { createEventRecorder, Events } from '../../src/runtime/events.ts';
import { createKubeClient } from '../../src/runtime/kube.ts';
import { LeaderElection } from '../../src/runtime/leader.ts';
import { Leases } from '../../src/runtime/lease.ts';
import { silentLog } from '../../src/runtime/log.ts';
import type { KubeObject, ListOptions, Resource } from '../../src/runtime/port.ts';
import { Reflector, stripped } from '../../src/runtime/reflector.ts';

const ConfigMaps: Resource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
const Namespaces: Resource = { ...ConfigMaps, kind: 'Namespace', plural: 'namespaces', namespaced: false };
const Missing: Resource = { ...ConfigMaps, group: 'missing.example.com', kind: 'Thing', plural: 'things' };

const namespace = `runtime-${Date.now().toString(36)}`;
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(inject('kubeconfig'));
const client = createKubeClient({ kubeConfig, version: 'test' });
await client.create(Namespaces, { metadata: { name: namespace } });

const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
  await client.close();
});

type ConfigMap = KubeObject & { data?: Record<string, string> };

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { metadata: { namespace, name, labels: { test: 'runtime' } }, data };
}

function refusal(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function reflector(
  resource: Resource,
  options: ListOptions & { absentOk?: boolean } = {},
): Reflector<KubeObject> {
  const made = new Reflector<KubeObject>({
    source: client,
    resource,
    keep: stripped,
    clock: systemClock,
    log: silentLog,
    ...options,
  });
  stops.push(() => made.stop());
  made.start();
  return made;
}

describe('the client', () => {
  it('writes conditionally, and knows a conflict, a repeat and an absence apart', async () => {
    const key = { namespace, name: 'conditional' };
    const created = await client.create(ConfigMaps, configMap('conditional', { a: '1' }));
    expect(created).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(isAlreadyExists(await refusal(client.create(ConfigMaps, configMap('conditional'))))).toBe(true);
    const { resourceVersion } = created.metadata;
    const patched = await client.patch(ConfigMaps, key, { metadata: { resourceVersion }, data: { b: '2' } });
    expect(patched).toMatchObject({ data: { a: '1', b: '2' } });
    const late = client.patch(ConfigMaps, key, { metadata: { resourceVersion }, data: { b: '3' } });
    expect(isConflict(await refusal(late))).toBe(true);
    expect(isConflict(await refusal(client.delete(ConfigMaps, key, { uid: 'other' })))).toBe(true);
    await client.delete(ConfigMaps, key, { uid: created.metadata.uid ?? '' });
    expect(isNotFound(await refusal(client.delete(ConfigMaps, key)))).toBe(true);
    expect(await client.get(ConfigMaps, key)).toBeUndefined();
    expect(await client.get(Missing, key)).toBeUndefined();
  });

  it('applies as siskin, which conflicts with other owners unless forced', async () => {
    await client.create(ConfigMaps, configMap('applied', { mine: '1' }));
    const first = await client.apply(ConfigMaps, configMap('applied', { other: '1' }));
    expect(first).toMatchObject({ data: { mine: '1', other: '1' } });
    const owned = { metadata: { namespace, name: 'applied' }, data: { mine: '2' } };
    const elsewhere = createKubeClient({ kubeConfig, version: 'test' });
    stops.push(() => elsewhere.close());
    expect(await client.apply(ConfigMaps, owned, { force: true })).toMatchObject({ data: { mine: '2' } });
    expect(await elsewhere.get(ConfigMaps, owned.metadata)).toMatchObject({ data: { mine: '2' } });
  });

  it('follows the continue token through a long list', async () => {
    const count = 620;
    const names = Array.from({ length: count }, (_, n) => `page-${n}`);
    for (let n = 0; n < count; n += 20) {
      await Promise.all(names.slice(n, n + 20).map(name => client.create(ConfigMaps, configMap(name))));
    }
    const listed = await client.list(ConfigMaps, { namespace, labelSelector: 'test=runtime' });
    const seen = new Set(listed.map(object => object.metadata.name));
    expect(names.filter(name => !seen.has(name))).toEqual([]);
    expect(listed[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  });
});

describe('the reflector', () => {
  it('follows creations, changes, deletions and objects that leave its selector, across an ended watch', async () => {
    const cache = reflector(ConfigMaps, { labelSelector: `watch=${namespace}` });
    await cache.whenSynced();
    const labels = { watch: namespace };
    const one = { metadata: { namespace, name: 'one', labels }, data: {} };
    cache.observe(await client.create<ConfigMap>(ConfigMaps, one));
    expect(cache.get(one.metadata)).toBeDefined();
    const written = await client.patch<ConfigMap>(ConfigMaps, one.metadata, { data: { n: '1' } });
    await vi.waitFor(() => expect(cache.get(one.metadata)).toMatchObject({ data: { n: '1' } }));
    await client.create(ConfigMaps, { metadata: { namespace, name: 'two', labels } });
    await vi.waitFor(() => expect(cache.list(namespace)).toHaveLength(2));
    await client.patch(ConfigMaps, { namespace, name: 'two' }, { metadata: { labels: { watch: 'no' } } });
    await client.delete(ConfigMaps, one.metadata);
    await vi.waitFor(() => expect(cache.list()).toEqual([]));
    cache.observe(written);
    expect(cache.list()).toEqual([]);
  });

  it('reads a kind that is not installed as empty', async () => {
    const cache = reflector(Missing, { absentOk: true });
    await cache.whenSynced();
    expect(cache.list()).toEqual([]);
  });

  it('cannot rely on a refusal of a point in the future: the API server takes it and stays silent', async () => {
    const told: string[] = [];
    const handler = {
      opened: () => told.push('opened'),
      event: () => told.push('event'),
      bookmark: () => told.push('bookmark'),
    };
    const { signal } = new AbortController();
    const options = { namespace, resourceVersion: '900000000', timeoutSeconds: 2, idleMs: 30_000, signal };
    const watch = client.watch(ConfigMaps, options, handler);
    await vi.waitFor(() => expect(told).toEqual(['opened']));
    await client.create(ConfigMaps, configMap('unseen'));
    await watch;
    expect(told).toEqual(['opened']);
  });
});

describe('the lease', () => {
  it('is taken, renewed, given back and taken over, all of which the API server accepts', async () => {
    const key = { namespace, name: 'election' };
    const elections = ['a', 'b'].map(
      identity =>
        new LeaderElection({
          client,
          ...key,
          identity,
          timings: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 200 },
          clock: systemClock,
          log: silentLog,
          onStarted: () => undefined,
          onStopped: () => undefined,
        }),
    );
    const [a, b] = elections;
    stops.push(async () => void (await Promise.all(elections.map(election => election.stop()))));
    a?.start();
    await vi.waitFor(() => expect(a?.isLeader()).toBe(true), { timeout: 30_000 });
    const taken = await client.get(Leases, key);
    expect(taken?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
    b?.start();
    await a?.stop();
    await vi.waitFor(() => expect(b?.isLeader()).toBe(true), { timeout: 30_000 });
    expect((await client.get(Leases, key))?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });
});

describe('events', () => {
  it('are accepted, told once by two replicas, and counted in a series by one', async () => {
    const about = await client.create(ConfigMaps, configMap('eventful'));
    const wide = await client.get(Namespaces, { name: namespace });
    const recorders = ['a', 'b'].map(instance =>
      createEventRecorder({ client, clock: systemClock, log: silentLog, instance }),
    );
    const facts = {
      type: 'Warning',
      reason: 'RolledBack',
      action: 'Rollback',
      note: '€'.repeat(800),
    } as const;
    const regarding = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'eventful' };
    for (const recorder of recorders) {
      recorder.record({ ...facts, regarding: { ...regarding, uid: about.metadata.uid ?? '' } });
      await recorder.flush();
    }
    recorders[0]?.record({ ...facts, regarding: { ...regarding, uid: about.metadata.uid ?? '' } });
    const node = { apiVersion: 'v1', kind: 'Namespace', name: namespace, uid: wide?.metadata.uid ?? '' };
    recorders[0]?.record({ ...facts, regarding: node });
    await recorders[0]?.flush();
    const events = await client.list(Events, { namespace });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ reason: 'RolledBack', type: 'Warning', series: { count: 2 } });
    const inDefault = await client.list(Events, { namespace: 'default' });
    expect(inDefault.filter(event => event.metadata.name.startsWith(namespace))).toHaveLength(1);
  });
});
