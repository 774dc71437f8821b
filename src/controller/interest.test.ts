import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../runtime/port.ts';
import { Interest, type Watched } from './interest.ts';

const spec = {
  targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
  service: { port: 80, gatewayRefs: [{ name: 'edge', namespace: 'infra' }, { name: 'local' }] },
  analysis: {
    metrics: [{ name: 'a', templateRef: { name: 'errors' } }, { name: 'request-success-rate' }],
    alerts: [{ providerRef: { name: 'slack', namespace: 'infra' } }],
  },
  rollback: { git: { repositoryRef: { name: 'manifests' } } },
};

function canary(name: string, more: object = {}): KubeObject {
  return { metadata: { namespace: 'shop', name }, spec: { ...spec, ...more } };
}

test.each<[Watched, string, string]>([
  ['deployments', 'shop', 'podinfo'],
  ['deployments', 'shop', 'podinfo-primary'],
  ['services', 'shop', 'podinfo'],
  ['services', 'shop', 'podinfo-primary'],
  ['services', 'shop', 'podinfo-canary'],
  ['httproutes', 'shop', 'podinfo'],
  ['gateways', 'infra', 'edge'],
  ['gateways', 'shop', 'local'],
  ['metrictemplates', 'shop', 'errors'],
  ['alertproviders', 'infra', 'slack'],
  ['manifestrepositories', '', 'manifests'],
])('a Canary hears of %s %s/%s, and of none of that name elsewhere', (kind, namespace, name) => {
  const interest = new Interest();
  interest.update('shop/podinfo', canary('podinfo'));
  expect(interest.of(kind, { namespace, name })).toEqual(['shop/podinfo']);
  expect(interest.of(kind, { namespace: 'other', name })).toEqual([]);
  interest.update('shop/podinfo', undefined);
  expect(interest.of(kind, { namespace, name })).toEqual([]);
});

test('a Service of another name is the one that counts', () => {
  const interest = new Interest();
  interest.update('shop/podinfo', canary('podinfo', { service: { name: 'web' } }));
  expect(interest.of('services', { namespace: 'shop', name: 'web-canary' })).toEqual(['shop/podinfo']);
  expect(interest.of('services', { namespace: 'shop', name: 'podinfo' })).toEqual([]);
});

test('a Canary that is invalid elsewhere still hears of its target, and one without anything of nothing', () => {
  const interest = new Interest();
  interest.update('shop/a', canary('a', { analysis: 'none', service: 7 }));
  interest.update('shop/b', { metadata: { name: 'b' } });
  expect(interest.of('deployments', { namespace: 'shop', name: 'podinfo' })).toEqual(['shop/a']);
});

describe('others on the same objects', () => {
  test('are named when one comes, moves away or goes, and not when nothing of it changed', () => {
    const interest = new Interest();
    expect(interest.update('shop/a', canary('a'))).toEqual([]);
    expect(interest.update('shop/b', canary('b'))).toEqual(['shop/a']);
    expect(interest.update('shop/b', canary('b'))).toEqual([]);
    const away = { targetRef: { kind: 'Deployment', name: 'cart' } };
    expect(interest.update('shop/b', canary('b', away))).toEqual(['shop/a']);
    expect(interest.update('shop/a', undefined)).toEqual(['shop/b']);
  });
});
