/** Versions of a Canary share what follows from their spec: where it is the same spec of the same Canary, and only there. */
import { expect, test } from 'vitest';
import type { KubeObject } from '../runtime/port.ts';
import { isRefusal, type Model, readCanary } from './model.ts';
import type { Settings } from './ports.ts';

const settings: Settings = {
  provider: 'gatewayapi:v1',
  selectorLabels: ['app'],
  operatorNamespace: 'siskin-system',
  breakerLimit: 5,
  breakerWindowMs: 600_000,
  gitWrites: true,
  revertsPerHour: 1_000,
};

function specOf(change: object = {}): object {
  return {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    service: { port: 9898, gatewayRefs: [{ name: 'gateway' }] },
    analysis: { stepWeight: 20 },
    ...change,
  };
}

function version(spec: object, status: object = {}, uid = 'uid-1'): KubeObject {
  return { metadata: { namespace: 'shop', name: 'podinfo', uid, generation: 1 }, spec, status };
}

function read(object: KubeObject, by: Settings = settings): Model {
  const model = readCanary(object, by);
  if (isRefusal(model)) throw new Error(model.message);
  return model;
}

test('another status of the same spec: the intents are the very same, the status is its own', () => {
  const spec = specOf();
  const one = read(version(spec, { phase: 'Initialized' }));
  const other = read(version(spec, { phase: 'Progressing', canaryWeight: 20 }));
  expect(other.workload).toBe(one.workload);
  expect(other.route).toBe(one.route);
  expect(other.plan).toBe(one.plan);
  expect(one.canary.status).toEqual({ phase: 'Initialized' });
  expect(other.canary.status).toEqual({ phase: 'Progressing', canaryWeight: 20 });
});

test('another spec, another Canary with that very spec, or other settings: nothing is shared', () => {
  const spec = specOf();
  const one = read(version(spec));
  expect(read(version(specOf())).workload).not.toBe(one.workload);
  const { workload, route } = read(version(spec, {}, 'uid-2'));
  expect(workload.canary.uid).toBe('uid-2');
  expect(route.canary.uid).toBe('uid-2');
  const others = { ...settings, selectorLabels: ['name'] };
  expect(read(version(spec), others).workload.selectorLabels).toEqual(['name']);
});

test('a spec that is refused is refused in each of its versions', () => {
  const spec = specOf({ service: { port: 9898 } });
  for (const status of [{}, { phase: 'Initialized' }]) {
    expect(readCanary(version(spec, status), settings)).toMatchObject({
      reason: 'InvalidSpec',
      message: 'spec.service.gatewayRefs must name a Gateway for provider gatewayapi:v1',
    });
  }
});

test('a status that cannot be read is refused although its spec was read before, and its Canary can still be deleted', () => {
  const spec = specOf();
  read(version(spec));
  const refused = readCanary(version(spec, { phase: 'Nowhere', canaryWeight: 20 }), settings);
  if (!isRefusal(refused)) throw new Error('it is not refused');
  expect(refused.reason).toBe('InvalidSpec');
  expect(refused.remains?.canary.status).toEqual({ canaryWeight: 20 });
  expect(refused.remains?.workload.target.name).toBe('podinfo');
});
