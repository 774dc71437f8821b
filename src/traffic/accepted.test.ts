import { expect, test } from 'vitest';
import { notAccepted } from './accepted.ts';
import { readRoute } from './route-object.ts';

const gateway = { name: 'gateway', namespace: 'infra' };
const condition = (type: string, status: string, observedGeneration = 4) => ({
  type,
  status,
  observedGeneration,
  reason: 'NoMatchingListenerHostname',
  message: '',
});

function route(parentRefs: object[], parents: object[]) {
  return readRoute({
    metadata: { name: 'podinfo', namespace: 'shop', generation: 4 },
    spec: { parentRefs },
    status: { parents },
  });
}

test('a parent counts with its defaults filled in on both sides', () => {
  const parentRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...gateway };
  const conditions = [condition('Accepted', 'True'), condition('ResolvedRefs', 'True')];
  expect(notAccepted(route([gateway], [{ parentRef, conditions }]))).toBeUndefined();
  const near = { name: 'gateway' };
  const spelled = { name: 'gateway', namespace: 'shop', kind: 'Gateway' };
  expect(notAccepted(route([near], [{ parentRef: spelled, conditions }]))).toBeUndefined();
  const service = { group: 'core', kind: 'Service', name: 'podinfo' };
  expect(
    notAccepted(route([service], [{ parentRef: { ...service, group: '' }, conditions }])),
  ).toBeUndefined();
});

test('one controller among several is enough, but every parent must answer', () => {
  const yes = { parentRef: gateway, conditions: [condition('Accepted', 'True')] };
  const no = { parentRef: gateway, conditions: [condition('Accepted', 'False')] };
  expect(notAccepted(route([gateway], [no, yes]))).toBeUndefined();
  const section = { ...gateway, sectionName: 'https' };
  expect(notAccepted(route([gateway, section], [yes]))).toBe(
    'Gateway infra/gateway has not answered yet (HTTPRoute podinfo)',
  );
});

test.each([
  [[], 'Gateway infra/gateway has not answered yet (HTTPRoute podinfo)'],
  [
    [{ parentRef: gateway, conditions: [condition('Accepted', 'True', 3)] }],
    'Gateway infra/gateway has not taken up generation 4 yet (HTTPRoute podinfo)',
  ],
  [
    [{ parentRef: gateway, conditions: [condition('Accepted', 'False')] }],
    'Gateway infra/gateway does not accept the route: NoMatchingListenerHostname (HTTPRoute podinfo)',
  ],
  [
    [
      {
        parentRef: gateway,
        conditions: [
          condition('Accepted', 'True'),
          { ...condition('ResolvedRefs', 'False'), message: 'no such Service' },
        ],
      },
    ],
    "Gateway infra/gateway cannot resolve the route's backends: no such Service (HTTPRoute podinfo)",
  ],
])('people read what is missing', (parents, message) => {
  expect(notAccepted(route([gateway], parents))).toBe(message);
});

test('a route without parents is served by nobody', () => {
  expect(notAccepted(route([], []))).toBe('HTTPRoute podinfo names no parent');
});
