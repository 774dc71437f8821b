/** Raising right after the commit: the committed weight is written at once, and only where a pass would write it too. */
import { expect, test } from 'vitest';
import { trust } from '../../test/memory/json.ts';
import { initialContext } from '../core/machine.ts';
import type { State } from '../core/state.ts';
import type { KubeObject } from '../runtime/port.ts';
import type { Weights } from '../traffic/port.ts';
import { isRefusal, type Model, readCanary } from './model.ts';
import type { World } from './observe.ts';
import type { Ports, Settings } from './ports.ts';
import { raise } from './raise.ts';

const settings = trust<Settings>({ provider: 'gatewayapi:v1', selectorLabels: ['app'] });
const committed: KubeObject = {
  metadata: { namespace: 'shop', name: 'podinfo', uid: 'uid-1', resourceVersion: '7' },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    service: { port: 9898, gatewayRefs: [{ name: 'gateway' }] },
    analysis: { stepWeight: 20 },
  },
};
const now = 1_000_000;
const revision = 'v1-0123456789abcdef';
const route = { accepted: true, current: true, weights: { primary: 80, canary: 20 } };
const view = { servicesReady: { backends: true, apexToPrimary: true } };
const up = { replicas: 2, ready: true, available: true, deadlineExceeded: false, message: '' };

function modelOf(object: KubeObject): Model {
  const model = readCanary(object, settings);
  if (isRefusal(model)) throw new Error(model.message);
  return model;
}

function state(change: Partial<State['context']> = {}, phase: State['phase'] = 'Progressing'): State {
  const { plan } = modelOf(committed);
  return {
    phase,
    context: { ...initialContext, plan, revision, weight: 40, dueAt: now + 10_000, ...change },
  };
}

/** What is written to the route. */
async function raised(after: State, seen: object = {}, stored: KubeObject = committed): Promise<Weights[]> {
  const written: Weights[] = [];
  const ports = trust<Ports>({
    settings,
    canaries: { get: () => committed, observe: () => undefined },
    kube: { get: async () => Promise.resolve(stored) },
    workload: { observe: () => view },
    routers: {
      gatewayapi: {
        observe: () => route,
        apply: async (_intent: unknown, weights: Weights) => Promise.resolve(written.push(weights)),
      },
    },
  });
  const input = {
    now,
    state: state({ weight: 20 }),
    route,
    seen: { revision },
    target: up,
    primary: up,
    ...seen,
  };
  await raise(modelOf(committed), trust<World>({ view, route, input }), after, ports);
  return written;
}

test('the weight that was just committed is written', async () => {
  expect(await raised(state())).toEqual([{ primary: 60, canary: 40 }]);
});

test('samples that are due again do not hold it up: they were judged in this very pass', async () => {
  expect(await raised(state(), { evidence: { pollAt: now } })).toEqual([{ primary: 60, canary: 40 }]);
});

test.each<[string, State, object]>([
  ['the route has as much already', state({ weight: 20 }), {}],
  ['the route has more, which the next pass takes away', state({ weight: 10 }), {}],
  ['the run is over', state({}, 'Failed'), {}],
  ['the run is promoted, whose traffic has steps of its own', state({}, 'Promoting'), {}],
  ['the pods are waited for', state({ readyBy: now + 60_000 }), {}],
  ['the route is no longer ours', state(), { problem: { reason: 'RouteConflict', message: '' } }],
  ['another Canary has the target', state(), { problem: { reason: 'DuplicateTarget', message: '' } }],
])('nothing is written where %s', async (_, after, seen) => {
  expect(await raised(after, seen)).toEqual([]);
});

test('a leader that was deposed since writes nothing', async () => {
  const newer = { ...committed, metadata: { ...committed.metadata, resourceVersion: '8' } };
  await expect(raised(state(), {}, newer)).rejects.toMatchObject({ status: 409 });
});
