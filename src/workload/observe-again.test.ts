/** The view is kept while the objects behind it stay the same, and never beyond. */
import { beforeEach, expect, test } from 'vitest';
import { createMemoryCache } from '../../test/memory/cache.ts';
import { createMemoryKube, type MemoryKube } from '../../test/memory/kube.ts';
import { Canaries, Deployments, Services } from '../api/resources.ts';
import type { KubeClient, KubeObject } from '../runtime/port.ts';
import { createDeploymentWorkload } from './deployment.ts';
import type { Workload, WorkloadIntent } from './port.ts';

const namespace = 'shop';
const key = { namespace, name: 'podinfo' };
const primaryKey = { namespace, name: 'podinfo-primary' };

let server: MemoryKube;
let user: KubeClient;
let workload: Workload;
let intent: WorkloadIntent;

function created(): Workload {
  return createDeploymentWorkload({
    kube: server.client(),
    deployments: createMemoryCache(server, Deployments),
    services: createMemoryCache(server, Services),
  });
}

beforeEach(async () => {
  server = createMemoryKube();
  user = server.client('kubectl');
  workload = created();
  const canary = await user.create<KubeObject>(Canaries, { metadata: { ...key } });
  intent = {
    canary: { ...key, uid: canary.metadata.uid ?? '' },
    target: { kind: 'Deployment', name: 'podinfo' },
    selectorLabels: ['app'],
    service: {
      name: 'podinfo',
      port: 80,
      portName: 'http',
      targetPort: 'http',
      portDiscovery: true,
      headless: false,
      apex: {},
      primary: {},
      canary: {},
    },
    readyThreshold: { primary: 100, canary: 100 },
  };
  await user.create(Deployments, {
    metadata: { ...key },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'podinfo' } },
      template: {
        metadata: { labels: { app: 'podinfo' } },
        spec: { containers: [{ name: 'app', image: 'podinfo:1' }] },
      },
    },
  });
  const { target } = workload.observe(intent);
  if (target === undefined) throw new Error('there is no target');
  await workload.createPrimary(intent, target, 'v1-a');
  await workload.applyServices(intent, { apex: true });
});

test('nothing changed: it is the same view', () => {
  expect(workload.observe(intent)).toBe(workload.observe(intent));
});

const image = (name: string) => ({
  spec: { template: { spec: { containers: [{ name: 'app', image: name }] } } },
});
const changes: readonly [string, () => Promise<unknown>][] = [
  ["the target's template", () => user.patch(Deployments, key, image('podinfo:2'))],
  [
    "the target's status",
    () => user.patch(Deployments, key, { status: { availableReplicas: 1 } }, { subresource: 'status' }),
  ],
  ['the primary', () => user.patch(Deployments, primaryKey, image('podinfo:3'))],
  ...['podinfo', 'podinfo-primary', 'podinfo-canary'].map((name): [string, () => Promise<unknown>] => [
    `Service ${name}`,
    () => user.patch(Services, { namespace, name }, { spec: { selector: { app: 'another' } } }),
  ]),
  ['the primary, which is gone', () => user.delete(Deployments, primaryKey)],
  ['a Service, which is gone', () => user.delete(Services, { namespace, name: 'podinfo-canary' })],
];

test.each(changes)(
  '%s changed: it is the view that somebody gets who never looked before',
  async (_, change) => {
    const before = workload.observe(intent);
    await change();
    const after = workload.observe(intent);
    expect(after).not.toEqual(before);
    expect(after).toEqual(created().observe(intent));
  },
);

test('another intent is another question', () => {
  const ready = workload.observe(intent).servicesReady;
  const moved = { ...intent, service: { ...intent.service, port: 81 } };
  expect(ready.backends).toBe(true);
  expect(workload.observe(moved).servicesReady.backends).toBe(false);
});
