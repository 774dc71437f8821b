import { expect, test } from 'vitest';
import { Services } from '../../src/api/resources.ts';
import type { KubeObject } from '../../src/runtime/port.ts';
import { createMemoryCache } from './cache.ts';
import { createMemoryKube } from './kube.ts';
import type { Change } from './store.ts';

const key = { namespace: 'shop', name: 'podinfo' };

async function world() {
  const server = createMemoryKube();
  const kube = server.client();
  const held: Change[] = [];
  const cache = createMemoryCache(server, Services, change => held.push(change));
  const first = await kube.create<KubeObject>(Services, { metadata: { ...key } });
  const second = await kube.patch<KubeObject>(Services, key, { metadata: { labels: { a: 'b' } } });
  return { server, kube, held, cache, first, second };
}

test('a cache starts with what is there and follows at once unless told otherwise', async () => {
  const { server, kube, second } = await world();
  const cache = createMemoryCache(server, Services);
  expect(cache.get(key)).toEqual(second);
  await kube.delete(Services, key);
  expect(cache.list('shop')).toEqual([]);
});

test('a delayed delivery leaves the cache stale, a repeated or late one does not turn it back', async () => {
  const { held, cache, second } = await world();
  expect(cache.get(key)).toBeUndefined();
  for (const change of held.toReversed()) cache.put(change);
  expect(cache.get(key)).toEqual(second);
  for (const change of held) cache.put(change);
  expect(cache.get(key)).toEqual(second);
});

test('an observed answer counts at once, unless something newer is held', async () => {
  const { cache, first, second } = await world();
  cache.observe(second);
  cache.observe(first);
  expect(cache.get(key)).toEqual(second);
});

test('an answer observed after the deletion was delivered does not bring the object back', async () => {
  const { kube, held, cache, second } = await world();
  await kube.delete(Services, key);
  for (const change of held) cache.put(change);
  cache.observe(second);
  expect(cache.get(key)).toBeUndefined();
});

test('a new list repairs what dropped deliveries left behind', async () => {
  const { kube, cache, second } = await world();
  cache.observe(second);
  await kube.delete(Services, key);
  await kube.create(Services, { metadata: { ...key, name: 'other' } });
  cache.relist();
  expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['other']);
});

test('objects handed out are frozen', async () => {
  const { second } = await world();
  expect(() => {
    second.metadata.labels = {};
  }).toThrow(TypeError);
});
