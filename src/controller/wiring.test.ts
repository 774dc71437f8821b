import { expect, test } from 'vitest';
import type { KubeObject, ObjectKey } from '../runtime/port.ts';
import { type Changing, keyOf, parseKey, wire } from './wiring.ts';

type Handler = Parameters<Changing['onChange']>[0];

/** A cache whose changes the test makes. */
class Changes implements Changing {
  private readonly handlers: Handler[] = [];
  onChange(handler: Handler): void {
    this.handlers.push(handler);
  }
  tell(key: ObjectKey, object?: KubeObject): void {
    for (const handler of this.handlers) handler(key, object, undefined);
  }
}

function wired() {
  const told: string[] = [];
  const queue = (name: string) => ({
    add: (key: string, { priority }: { readonly priority?: number } = {}) =>
      void told.push(`${name} ${key}${priority === undefined ? '' : ` ${priority}`}`),
  });
  const canaries = new Changes();
  const watched = {
    deployments: new Changes(),
    services: new Changes(),
    httproutes: new Changes(),
    gateways: new Changes(),
    metrictemplates: new Changes(),
    alertproviders: new Changes(),
    manifestrepositories: new Changes(),
  };
  wire(canaries, watched, { traffic: queue('traffic'), git: queue('git'), alerts: queue('alerts') });
  const take = () => told.splice(0);
  const canary = (name: string, status: object = {}) =>
    canaries.tell(
      { namespace: 'shop', name },
      {
        metadata: { namespace: 'shop', name },
        spec: {
          targetRef: { kind: 'Deployment', name: 'podinfo' },
          analysis: { alerts: [{ providerRef: { name: 'slack' } }] },
          rollback: { git: { repositoryRef: { name: 'manifests' } } },
        },
        status,
      },
    );
  return { watched, canaries, take, canary };
}

test.each([
  [{}, ['traffic shop/a 1']],
  [{ phase: 'Succeeded', outbox: [] }, ['traffic shop/a 1']],
  [{ phase: 'Progressing', canaryWeight: 20 }, ['traffic shop/a 2']],
  [{ phase: 'Progressing', canaryWeight: 0 }, ['traffic shop/a 1']],
  [{ outbox: [{ kind: 'alert' }] }, ['traffic shop/a 1', 'alerts shop/a']],
  [{ outbox: [{ kind: 'position' }] }, ['traffic shop/a 1', 'git shop/a']],
  [{ outbox: [{ kind: 'alert' }, { kind: 'revert' }] }, ['traffic shop/a 1', 'git shop/a', 'alerts shop/a']],
])('a Canary with status %j wakes %j', (status, expected) => {
  const { canary, take } = wired();
  canary('a', status);
  expect(take()).toEqual(expected);
});

test('an object wakes the Canaries it concerns, and the queue that may wait for it', () => {
  const { canary, watched, take } = wired();
  canary('a');
  take();
  watched.deployments.tell({ namespace: 'shop', name: 'podinfo-primary' });
  expect(take()).toEqual(['traffic shop/a 1']);
  watched.manifestrepositories.tell({ name: 'manifests' });
  expect(take()).toEqual(['traffic shop/a 1', 'git shop/a']);
  watched.alertproviders.tell({ namespace: 'shop', name: 'slack' });
  expect(take()).toEqual(['traffic shop/a 1', 'alerts shop/a']);
  watched.deployments.tell({ namespace: 'shop', name: 'cart' });
  expect(take()).toEqual([]);
});

test('FL-3: a Canary that is gone wakes itself, and the one that waited for its target', () => {
  const { canary, canaries, take } = wired();
  canary('a');
  canary('b');
  take();
  canaries.tell({ namespace: 'shop', name: 'a' });
  expect(take()).toEqual(['traffic shop/b 1', 'traffic shop/a 1']);
});

test('a key of a queue is read back', () => {
  expect(parseKey(keyOf({ namespace: 'shop', name: 'a' }))).toEqual({ namespace: 'shop', name: 'a' });
});
