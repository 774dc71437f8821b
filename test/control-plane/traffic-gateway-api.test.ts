/** The Gateway API router against a real API server with the real CRDs: their defaults and rules are the server's own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { GatewayClasses, Gateways, HttpRoutes } from '../../src/api/resources.ts';
import { createGatewayApiRouter } from '../../src/traffic/gateway-api.ts';
import type { RouteIntent, Router, Weights } from '../../src/traffic/port.ts';
import { ensureGatewayApi } from '../kind/build/binaries.ts';
import { waitFor } from '../kind/lib/wait.ts';
import { connect } from './crd-client.ts';
import { startWorld, type World } from './workload-world.ts';

const step: Weights = { primary: 90, canary: 10 };
let world: World;
let routes: ReturnType<World['cache']>;
let router: Router;
let intent: RouteIntent;

beforeAll(async () => {
  const folder = await ensureGatewayApi();
  const client = connect(inject('apiServer'));
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const file of readdirSync(folder).filter(name => name.endsWith('_httproutes.yaml'))) {
    await client.ask('POST', path, parse(readFileSync(join(folder, file), 'utf8')));
  }
  const served = '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes';
  await waitFor('HTTPRoutes to be served', async () =>
    (await client.ask('GET', served)).status === 200 ? true : undefined,
  );
  await client.close();
});

beforeEach(async () => {
  world = await startWorld();
  routes = world.cache(HttpRoutes);
  const gateways = world.cache(Gateways);
  gateways.observe({ metadata: { name: 'gateway', namespace: 'infra' } });
  const gatewayClasses = world.cache(GatewayClasses);
  router = createGatewayApiRouter({ kube: world.kube, httpRoutes: routes, gateways, gatewayClasses });
  intent = {
    canary: world.canary,
    service: 'podinfo',
    port: 80,
    hosts: ['shop.example.com'],
    gatewayRefs: [{ name: 'gateway', namespace: 'infra' }],
    rules: {},
    metadata: {},
  };
});

afterEach(() => world.close());

/** What the server stored counts as current, and applying it again is no request. */
async function apply(weights: Weights, wanted: RouteIntent = intent): Promise<void> {
  await router.apply(wanted, weights);
  const requests = world.requests();
  await routes.refresh('podinfo');
  await router.apply(wanted, weights);
  expect(world.requests()).toBe(requests);
  expect(router.observe(wanted)).toMatchObject({ weights, current: true });
}

const live = () => world.user.get(HttpRoutes, 'podinfo');
const backend = (name: string, weight: number) => ({ group: '', kind: 'Service', name, port: 80, weight });
const split = [backend('podinfo-primary', 90), backend('podinfo-canary', 10)];

describe('a route of our own', () => {
  test.each([
    ['nothing but a port', {}],
    ['a match without a path', { match: [{ method: { exact: 'GET' } }] }],
    [
      'several headers and query parameters',
      {
        match: [
          {
            uri: { regex: '/v[0-9]+' },
            headers: { 'x-c': { exact: '1' }, 'x-a': { regex: '.*' }, 'x-b': { exact: '2' } },
            queryParams: { q: { exact: '1' }, a: { regex: 'x' } },
          },
        ],
      },
    ],
    [
      'filters and timeouts',
      {
        headers: {
          request: { add: { b: '1', a: '2' }, set: { c: '3' }, remove: ['d'] },
          response: { add: { e: '5' } },
        },
        rewrite: { uri: '/v2', authority: 'api.example.com' },
        timeout: '15s',
        backendTimeout: '5s',
      },
    ],
  ])('is current as the server stores it, with %s', async (_name, rules) => {
    await apply({ primary: 100, canary: 0 }, { ...intent, rules });
    await apply(step, { ...intent, rules });
  });

  test('takes less than one percent in integers that sum to 10,000', async () => {
    await apply({ primary: 99.95, canary: 0.05 });
    expect(await live()).toHaveProperty('spec.rules[0].backendRefs', [
      backend('podinfo-primary', 9_995),
      backend('podinfo-canary', 5),
    ]);
    await apply(step);
    expect(await live()).toHaveProperty('spec.rules[0].backendRefs', split);
  });

  test('keeps its weights when the spec changes during a run', async () => {
    await apply(step);
    await apply(step, {
      ...intent,
      hosts: [],
      port: 81,
      rules: { timeout: '5s', match: [{ uri: { prefix: '/a' } }] },
    });
    await apply(step);
    expect(await live()).toHaveProperty('spec.rules', [
      { matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: split },
    ]);
  });

  test('is written only in the version that was looked at', async () => {
    await apply(step);
    await world.user.patch(HttpRoutes, 'podinfo', { metadata: { labels: { a: 'b' } } });
    const raised = router.apply(intent, { primary: 0, canary: 100 });
    await expect(raised).rejects.toMatchObject({ status: 409, reason: 'Conflict' });
    expect(await live()).toHaveProperty('spec.rules[0].backendRefs', split);
  });

  test('stays after the Canary, leads to the apex Service and is owned by nobody', async () => {
    await apply(step, { ...intent, rules: { timeout: '5s' } });
    await router.release(intent);
    const released = await live();
    expect(released).toHaveProperty('spec.rules[0].backendRefs', [backend('podinfo', 100)]);
    expect(released.metadata).not.toHaveProperty('ownerReferences');
    expect(released.metadata).not.toHaveProperty('annotations');
    const requests = world.requests();
    await router.release(intent);
    expect(world.requests()).toBe(requests);
  });
});

test('a route that was there before keeps everything but the backends that lead to us', async () => {
  const filter = {
    type: 'RequestHeaderModifier',
    requestHeaderModifier: { set: [{ name: 'a', value: '1' }] },
  };
  const other = {
    matches: [{ path: { type: 'Exact', value: '/api' } }],
    backendRefs: [{ name: 'api', port: 80 }],
  };
  await world.user.create(HttpRoutes, {
    metadata: { name: 'podinfo', annotations: { team: 'shop' } },
    spec: {
      parentRefs: [{ name: 'theirs' }],
      hostnames: ['www.example.com'],
      rules: [other, { name: 'main', filters: [filter], backendRefs: [{ name: 'podinfo', port: 80 }] }],
    },
  });
  const before = await routes.refresh('podinfo');
  await apply(step);
  const { rules: [api, main] = [], ...rest } = Object(before.spec);
  const adopted = await live();
  expect(adopted.spec).toEqual({ ...rest, rules: [api, { ...main, backendRefs: split }] });
  expect(adopted.metadata).toMatchObject({ annotations: { team: 'shop' }, uid: before.metadata.uid });
  await router.release(intent);
  const released = await live();
  expect(released.spec).toEqual({
    ...rest,
    rules: [api, { ...main, backendRefs: [backend('podinfo', 100)] }],
  });
  expect(released.metadata.annotations).toEqual({ team: 'shop' });
});
