import { expect, test } from 'vitest';
import { createKubernetesRouter } from './kubernetes.ts';

test('without a route there is nothing to wait for and nothing to write', async () => {
  const router = createKubernetesRouter();
  const intent = {
    canary: { namespace: 'shop', name: 'podinfo', uid: '1' },
    service: 'podinfo',
    port: 80,
    hosts: [],
    gatewayRefs: [],
    rules: {},
    metadata: {},
  };
  await router.apply(intent, { primary: 0, canary: 100 });
  await router.release(intent);
  expect(router.observe(intent)).toEqual({ accepted: true, current: true });
  expect(router.controllerName(intent)).toBeUndefined();
});
