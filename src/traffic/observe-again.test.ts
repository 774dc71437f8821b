/** The view is kept while route and Gateways stay the same, and never beyond. */
import { beforeEach, expect, test } from 'vitest';
import { createMemoryCache } from '../../test/memory/cache.ts';
import { createMemoryKube, type MemoryKube } from '../../test/memory/kube.ts';
import { Canaries, GatewayClasses, Gateways, HttpRoutes } from '../api/resources.ts';
import type { KubeClient, KubeObject } from '../runtime/port.ts';
import { createGatewayApiRouter } from './gateway-api.ts';
import type { RouteIntent, Router } from './port.ts';

const namespace = 'shop';
const key = { namespace, name: 'podinfo' };
const gateway = { namespace, name: 'gateway' };

let server: MemoryKube;
let user: KubeClient;
let router: Router;
let intent: RouteIntent;

function created(): Router {
  return createGatewayApiRouter({
    kube: server.client(),
    httpRoutes: createMemoryCache(server, HttpRoutes),
    gateways: createMemoryCache(server, Gateways),
    gatewayClasses: createMemoryCache(server, GatewayClasses),
  });
}

beforeEach(async () => {
  server = createMemoryKube();
  user = server.client('kubectl');
  router = created();
  const canary = await user.create<KubeObject>(Canaries, { metadata: { ...key } });
  intent = {
    canary: { ...key, uid: canary.metadata.uid ?? '' },
    service: 'podinfo',
    port: 80,
    hosts: ['shop.example.com'],
    gatewayRefs: [{ name: 'gateway' }],
    rules: {},
    metadata: {},
  };
  await user.create(Gateways, { metadata: gateway, spec: { gatewayClassName: 'traefik' } });
  await router.apply(intent, { primary: 80, canary: 20 });
});

test('nothing changed: it is the same view', () => {
  expect(router.observe(intent)).toBe(router.observe(intent));
});

const accepted = {
  status: {
    parents: [
      {
        parentRef: { name: 'gateway' },
        conditions: [{ type: 'Accepted', status: 'False', reason: 'NotAllowed', observedGeneration: 1 }],
      },
    ],
  },
};
const changes: readonly [string, () => Promise<unknown>][] = [
  [
    "the route's hosts",
    () => user.patch(HttpRoutes, key, { spec: { hostnames: ['elsewhere.example.com'] } }),
  ],
  ["the route's status", () => user.patch(HttpRoutes, key, accepted, { subresource: 'status' })],
  ['the route, which is gone', () => user.delete(HttpRoutes, key)],
  ['the Gateway, which is gone', () => user.delete(Gateways, gateway)],
];

test.each(changes)(
  '%s changed: it is the view that somebody gets who never looked before',
  async (_, change) => {
    const before = router.observe(intent);
    await change();
    const after = router.observe(intent);
    expect(after).not.toEqual(before);
    expect(after).toEqual(created().observe(intent));
  },
);

test('a Gateway that comes is seen', async () => {
  const wanted = { ...intent, gatewayRefs: [...intent.gatewayRefs, { name: 'second' }] };
  expect(router.observe(wanted).problem).toMatchObject({ reason: 'GatewayMissing' });
  await user.create(Gateways, {
    metadata: { namespace, name: 'second' },
    spec: { gatewayClassName: 'traefik' },
  });
  expect(router.observe(wanted).problem).toBeUndefined();
});

test('another intent is another question', () => {
  expect(router.observe(intent).current).toBe(true);
  expect(router.observe({ ...intent, hosts: [] }).current).toBe(false);
});
