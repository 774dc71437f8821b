import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryCache } from '../../test/memory/cache.ts';
import { dig } from '../../test/memory/json.ts';
import { createMemoryKube, type MemoryKube } from '../../test/memory/kube.ts';
import { Canaries, GatewayClasses, Gateways, HttpRoutes } from '../api/resources.ts';
import type { KubeClient, KubeObject } from '../runtime/port.ts';
import { createGatewayApiRouter } from './gateway-api.ts';
import type { RouteIntent, Router, Weights } from './port.ts';

const namespace = 'shop';
const key = { namespace, name: 'podinfo' };
const start: Weights = { primary: 100, canary: 0 };
const step: Weights = { primary: 90, canary: 10 };

let server: MemoryKube;
let user: KubeClient;
let router: Router;
let intent: RouteIntent;

beforeEach(async () => {
  server = createMemoryKube();
  user = server.client('kubectl');
  router = routerWith();
  const canary = await user.create<KubeObject>(Canaries, { metadata: { ...key } });
  intent = {
    canary: { ...key, uid: canary.metadata.uid ?? '' },
    service: 'podinfo',
    port: 80,
    hosts: ['shop.example.com'],
    gatewayRefs: [{ name: 'gateway', namespace: 'infra' }],
    rules: {},
    metadata: {},
  };
  const spec = { gatewayClassName: 'traefik' };
  await user.create(Gateways, { metadata: { namespace: 'infra', name: 'gateway' }, spec });
  const controllerName = 'traefik.io/gateway-controller';
  await user.create(GatewayClasses, { metadata: { name: 'traefik' }, spec: { controllerName } });
});

function routerWith(delivery?: () => void): Router {
  return createGatewayApiRouter({
    kube: server.client(),
    httpRoutes: createMemoryCache(server, HttpRoutes, delivery),
    gateways: createMemoryCache(server, Gateways),
    gatewayClasses: createMemoryCache(server, GatewayClasses),
  });
}

const stored = () => server.peek(HttpRoutes, key);
const rulesOf = () => {
  const rules = dig(stored()?.spec, 'rules');
  return Array.isArray(rules) ? rules : [];
};
const backend = (name: string, weight: number, more: object = {}) => ({
  group: '',
  kind: 'Service',
  name,
  port: 80,
  weight,
  ...more,
});
const split = (primary: number, canary: number) => [
  backend('podinfo-primary', primary),
  backend('podinfo-canary', canary),
];

/** Applies, then proves that applying the same again is no request and that the route counts as current. */
async function apply(weights: Weights, wanted: RouteIntent = intent): Promise<void> {
  await router.apply(wanted, weights);
  const requests = server.requests.length;
  await router.apply(wanted, weights);
  expect(server.requests).toHaveLength(requests);
  expect(router.observe(wanted)).toMatchObject({ weights, current: true });
}

describe('a route of our own', () => {
  test('is made in one write', async () => {
    expect(router.observe(intent)).toEqual({
      accepted: false,
      current: false,
      message: 'HTTPRoute podinfo does not exist yet',
    });
    await apply(start);
    expect(stored()).toMatchObject({
      metadata: {
        annotations: {
          'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
          'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
        },
        ownerReferences: [{ kind: 'Canary', uid: intent.canary.uid, controller: true }],
      },
      spec: {
        hostnames: ['shop.example.com'],
        parentRefs: [{ name: 'gateway', namespace: 'infra' }],
        rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: split(100, 0) }],
      },
    });
  });

  test('has weights that sum to 100 in every version', async () => {
    for (const canary of [0, 10, 50, 100, 0]) await apply({ primary: 100 - canary, canary });
    const versions = server.changes.filter(({ resource }) => resource.kind === 'HTTPRoute');
    const sums = versions.map(({ object }) => {
      const rules = dig(object.spec, 'rules');
      const refs: { weight: number }[] = Array.isArray(rules) ? rules[0].backendRefs : [];
      return refs.reduce((sum, { weight }) => sum + weight, 0);
    });
    expect(sums).toEqual([100, 100, 100, 100, 100]);
  });

  test('divides less than one percent in integers that sum to 10,000, and nobody writes it twice', async () => {
    await apply({ primary: 99.95, canary: 0.05 });
    expect(rulesOf()).toMatchObject([{ backendRefs: split(9_995, 5) }]);
    for (const canary of [0.1, 0.15, 0.35, 0.7, 0.95]) {
      await apply({ primary: Math.round(10_000 - 100 * canary) / 100, canary });
      expect(rulesOf()).toMatchObject([{ backendRefs: split(10_000 - 100 * canary, 100 * canary) }]);
    }
    await apply({ primary: 99, canary: 1 });
    expect(rulesOf()).toMatchObject([{ backendRefs: split(99, 1) }]);
  });

  test.each([
    [split(1, 1), { primary: 50, canary: 50 }],
    [split(9_950, 50), { primary: 99.5, canary: 0.5 }],
    [split(1_999, 1), { primary: 99.95, canary: 0.05 }],
    [split(3, 1), { primary: 75, canary: 25 }],
  ])("notices a foreign hand's weights, whatever they sum to: %#", async (backendRefs, weights) => {
    const wanted = { primary: 99.95, canary: 0.05 };
    await apply(wanted);
    await user.patch(HttpRoutes, key, { spec: { rules: [{ ...rulesOf()[0], backendRefs }] } });
    const seen = router.observe(intent);
    expect(seen.weights).toEqual(weights);
    expect(seen.current && seen.weights?.canary === wanted.canary).toBe(false);
    await apply(wanted);
  });

  test('keeps the weights of a run when the spec changes, and loses what the spec no longer names', async () => {
    await apply(step);
    const headers = { request: { set: { b: '2', a: '1' } } };
    const match = [{ headers: { 'x-b': { exact: '1' }, 'x-a': { regex: '.*' } } }];
    const rich = { ...intent, hosts: [], rules: { match, headers, timeout: '5s' } };
    expect(router.observe(rich)).toMatchObject({ current: false, weights: step });
    await apply(step, rich);
    expect(stored()?.spec).not.toHaveProperty('hostnames');
    expect(rulesOf()).toMatchObject([
      {
        filters: [{ type: 'RequestHeaderModifier' }],
        timeouts: { request: '5s' },
        backendRefs: split(90, 10),
      },
    ]);
    await apply(step, { ...intent, port: 81 });
    expect(rulesOf()).toEqual([
      {
        matches: [{ path: { type: 'PathPrefix', value: '/' } }],
        backendRefs: split(90, 10).map(ref => ({ ...ref, port: 81 })),
      },
    ]);
  });

  test("keeps other people's rules, filters, backend fields and annotations", async () => {
    await apply(start);
    const mirror = {
      type: 'ExtensionRef',
      extensionRef: { group: 'traefik.io', kind: 'Middleware', name: 'auth' },
    };
    const canaryOnly = {
      matches: [{ path: { type: 'Exact', value: '/preview' } }],
      backendRefs: [backend('podinfo-canary', 1)],
    };
    const other = {
      matches: [{ path: { type: 'PathPrefix', value: '/api' } }],
      backendRefs: [backend('api', 1)],
    };
    const [ours] = rulesOf();
    const named = { ...ours, name: 'main', filters: [mirror] };
    await user.patch(HttpRoutes, key, {
      metadata: { annotations: { team: 'shop' } },
      spec: { rules: [other, canaryOnly, named] },
    });
    await apply(step);
    expect(rulesOf()).toEqual([other, canaryOnly, { ...named, backendRefs: split(90, 10) }]);
    expect(stored()).toMatchObject({ metadata: { annotations: { team: 'shop' } } });
  });

  test('gets its rule back in front of others when somebody took it away', async () => {
    await apply(start);
    const other = {
      matches: [{ path: { type: 'PathPrefix', value: '/' } }],
      backendRefs: [backend('api', 1)],
    };
    await user.patch(HttpRoutes, key, { spec: { rules: [other] } });
    expect(router.observe(intent)).toMatchObject({ current: false });
    expect(router.observe(intent)).not.toHaveProperty('weights');
    await apply(start);
    expect(rulesOf()).toMatchObject([{ backendRefs: split(100, 0) }, other]);
  });

  test('with weights that somebody else wrote is shown in percent and set right', async () => {
    await apply(start);
    await user.patch(HttpRoutes, key, {
      spec: { rules: [{ matches: [{}], backendRefs: split(3, 1) }] },
    });
    expect(router.observe(intent)).toMatchObject({ weights: { primary: 75, canary: 25 }, current: false });
    await apply(start);
  });

  test('is written on its latest version only', async () => {
    await apply(start);
    const late = routerWith(() => {});
    await user.patch(HttpRoutes, key, { metadata: { labels: { a: 'b' } } });
    await expect(late.apply(intent, step)).rejects.toMatchObject({ status: 409, reason: 'Conflict' });
    expect(rulesOf()).toMatchObject([{ backendRefs: split(100, 0) }]);
  });

  test('which a stale cache did not know of is not made twice', async () => {
    const late = routerWith(() => {});
    await apply(step);
    await late.apply(intent, start);
    expect(late.observe(intent)).toMatchObject({ weights: step });
  });

  test('is rolled back even while the spec cannot be mapped', async () => {
    await apply(step);
    const broken = { ...intent, rules: { match: [{ scheme: { exact: 'https' } }] } };
    expect(router.observe(broken).problem).toMatchObject({ reason: 'RouteUnsupported' });
    await router.apply(broken, start);
    expect(router.observe(broken).weights).toEqual(start);
  });
});

const exists = (spec: object, metadata: object = {}) =>
  user.create(HttpRoutes, { metadata: { ...key, ...metadata }, spec });

describe('a route that was there before', () => {
  const author = {
    parentRefs: [{ name: 'gateway', namespace: 'infra', sectionName: 'https' }],
    hostnames: ['www.example.com'],
    rules: [
      {
        name: 'main',
        matches: [{ path: { type: 'PathPrefix', value: '/' } }],
        filters: [
          { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: '1' }] } },
        ],
        backendRefs: [
          backend('podinfo', 1, { filters: [{ type: 'ExtensionRef', extensionRef: { name: 'x' } }] }),
        ],
      },
      {
        matches: [{ path: { type: 'PathPrefix', value: '/metrics' } }],
        backendRefs: [{ ...backend('podinfo', 1), port: 9797 }],
      },
      { matches: [{ path: { type: 'PathPrefix', value: '/api' } }], backendRefs: [backend('api', 1)] },
    ],
  };
  test('keeps everything of its author but the backends that lead to the apex Service', async () => {
    await exists(author, { annotations: { team: 'shop' }, labels: { a: 'b' } });
    expect(router.observe(intent)).toMatchObject({ current: false });
    await apply(step, { ...intent, rules: { timeout: '5s', match: [{ uri: { prefix: '/other' } }] } });
    const [main, ...others] = author.rules;
    const filters = [{ type: 'ExtensionRef', extensionRef: { name: 'x' } }];
    expect(stored()).toMatchObject({
      metadata: {
        labels: { a: 'b' },
        annotations: { team: 'shop', 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
      },
      spec: { hostnames: author.hostnames, parentRefs: author.parentRefs },
    });
    expect(stored()?.metadata).not.toHaveProperty('ownerReferences');
    expect(rulesOf()).toEqual([
      { ...main, backendRefs: split(90, 10).map(ref => ({ ...ref, filters })) },
      ...others,
    ]);
  });

  test('is a conflict when nothing in it leads to us, when another share does, or when another controller holds it', async () => {
    const [, , api] = author.rules;
    await exists({ ...author, rules: [api] });
    expect(router.observe(intent)).toMatchObject({ accepted: false, problem: { reason: 'RouteConflict' } });
    await expect(router.apply(intent, start)).rejects.toMatchObject({ reason: 'RouteConflict' });
    const mixed = [{ matches: [{}], backendRefs: [backend('podinfo', 1), backend('legacy', 1)] }];
    await user.patch(HttpRoutes, key, { spec: { rules: mixed } });
    expect(router.observe(intent).problem).toMatchObject({ message: expect.stringContaining('legacy') });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Canary', name: 'other', uid: 'x', controller: true }];
    await user.patch(HttpRoutes, key, { metadata: { ownerReferences }, spec: author });
    const before = stored();
    expect(router.observe(intent).problem).toMatchObject({
      message: expect.stringContaining('Canary other'),
    });
    await expect(router.apply(intent, start)).rejects.toMatchObject({ reason: 'RouteConflict' });
    await router.release(intent);
    expect(stored()).toEqual(before);
  });
});

const parents = (observedGeneration: number) => [
  {
    parentRef: {
      group: 'gateway.networking.k8s.io',
      kind: 'Gateway',
      name: 'gateway',
      namespace: 'infra',
    },
    controllerName: 'traefik.io/gateway-controller',
    conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', observedGeneration }],
  },
];

describe('parents', () => {
  test('are accepted by status, generation by generation', async () => {
    await apply(start);
    expect(router.observe(intent)).toMatchObject({
      accepted: false,
      message: expect.stringContaining('infra/gateway'),
    });
    const traefik = server.client('traefik');
    await traefik.patch(HttpRoutes, key, { status: { parents: parents(1) } }, { subresource: 'status' });
    expect(router.observe(intent)).toMatchObject({ accepted: true, current: true });
    await apply(step);
    expect(router.observe(intent)).toMatchObject({ accepted: false });
    await traefik.patch(HttpRoutes, key, { status: { parents: parents(2) } }, { subresource: 'status' });
    expect(router.observe(intent)).toMatchObject({ accepted: true });
  });

  test('that do not exist are a problem, and none at all too', async () => {
    await user.delete(Gateways, { namespace: 'infra', name: 'gateway' });
    expect(router.observe(intent).problem).toEqual({
      reason: 'GatewayMissing',
      message: 'Gateway gateway is not in namespace infra',
    });
    expect(router.controllerName(intent)).toBeUndefined();
    const none = { ...intent, gatewayRefs: [] };
    expect(router.observe(none).problem).toMatchObject({ reason: 'GatewayMissing' });
    await expect(router.apply(none, start)).rejects.toMatchObject({ reason: 'GatewayMissing' });
  });

  test('name the controller behind them', () => {
    expect(router.controllerName(intent)).toBe('traefik.io/gateway-controller');
  });
});

async function release(): Promise<void> {
  await router.release(intent);
  const requests = server.requests.length;
  await router.release(intent);
  expect(server.requests).toHaveLength(requests);
  await user.delete(Canaries, key);
}

describe('when the Canary goes', () => {
  test('our route leads to the apex Service and is nobody’s', async () => {
    await apply(step, { ...intent, rules: { timeout: '5s' } });
    await release();
    expect(rulesOf()).toMatchObject([
      { timeouts: { request: '5s' }, backendRefs: [backend('podinfo', 100)] },
    ]);
    expect(stored()?.metadata).not.toHaveProperty('ownerReferences');
    expect(stored()?.metadata.annotations).toEqual({});
  });

  test('a route left behind can be adopted by the next Canary', async () => {
    await apply(step);
    await release();
    const next = await user.create<KubeObject>(Canaries, { metadata: { ...key } });
    intent = { ...intent, canary: { ...key, uid: next.metadata.uid ?? '' } };
    await apply(step);
  });

  test('an adopted route leads to the apex Service again and Flux may have it', async () => {
    await user.create(HttpRoutes, {
      metadata: { ...key },
      spec: {
        parentRefs: [{ name: 'gateway' }],
        rules: [{ matches: [{}], backendRefs: [backend('podinfo', 1)] }],
      },
    });
    await apply(step);
    await release();
    expect(rulesOf()).toMatchObject([{ backendRefs: [backend('podinfo', 100)] }]);
    expect(stored()?.metadata.annotations).toEqual({});
  });

  test('a missing route is fine', async () => {
    await release();
    expect(stored()).toBeUndefined();
  });
});
