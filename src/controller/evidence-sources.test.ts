/** Sources are made once for a check, and anew as soon as anything that they follow from is another. */
import { expect, test } from 'vitest';
import { trust } from '../../test/memory/json.ts';
import { sourcesOf } from './evidence-sources.ts';
import { isRefusal, type Model, readCanary } from './model.ts';
import type { Ports, Settings } from './ports.ts';

const settings = trust<Settings>({ provider: 'gatewayapi:v1', selectorLabels: ['app'] });
const spec = {
  targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
  service: { port: 9898, gatewayRefs: [{ name: 'gateway' }] },
  analysis: { stepWeight: 20, checks: [{ name: 'errors', compare: {} }] },
};

function modelOf(namespace: string, uid: string, phase: string): Model {
  const model = readCanary(
    { metadata: { namespace, name: 'podinfo', uid }, spec, status: { phase } },
    settings,
  );
  if (isRefusal(model)) throw new Error(model.message);
  return model;
}

function found(model: Model, controller: string): ReturnType<typeof sourcesOf> {
  const [check] = model.canary.spec.analysis.checks ?? [];
  if (check === undefined) throw new Error('it has one');
  const gatewayapi = { controllerName: () => controller };
  return sourcesOf(check, model, trust<Pick<Ports, 'routers'>>({ routers: { gatewayapi } }));
}

const traefik = 'traefik.io/gateway-controller';

test('the same for every status of a spec', () => {
  const first = found(modelOf('shop', 'uid-1', 'Progressing'), traefik);
  expect(found(modelOf('shop', 'uid-1', 'Promoting'), traefik)).toBe(first);
  expect(first).toMatchObject({
    kind: 'counters',
    selectors: { canary: expect.stringContaining('shop-podinfo-canary') },
  });
});

test('others where another gateway counts, or nobody can tell who does', () => {
  const model = modelOf('shop', 'uid-1', 'Progressing');
  const canary = 'selectors.canary';
  expect(found(model, traefik)).toHaveProperty(canary, expect.stringMatching(/^traefik_/u));
  expect(found(model, 'projectcontour.io/gateway-controller')).toHaveProperty(
    canary,
    expect.stringMatching(/^envoy_/u),
  );
  expect(found(model, 'konghq.com/kic-gateway-controller')).toHaveProperty('problem');
  expect(found(model, traefik)).toHaveProperty(canary, expect.stringMatching(/^traefik_/u));
});

test('others for another Canary, though it has the very same spec', () => {
  found(modelOf('shop', 'uid-1', 'Progressing'), traefik);
  const other = found(modelOf('stage', 'uid-2', 'Progressing'), traefik);
  expect(other).toHaveProperty('selectors.canary', expect.stringContaining('stage-podinfo-canary'));
});
