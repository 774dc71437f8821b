import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryCache } from '../../test/memory/cache.ts';
import { dig } from '../../test/memory/json.ts';
import { createMemoryKube, type MemoryKube } from '../../test/memory/kube.ts';
import { Canaries, Deployments, Services } from '../api/resources.ts';
import type { KubeClient, KubeObject } from '../runtime/port.ts';
import { createDeploymentWorkload } from './deployment.ts';
import type { ServiceIntent, Workload, WorkloadIntent } from './port.ts';

const namespace = 'shop';
const apexKey = { namespace, name: 'podinfo' };
const service: ServiceIntent = {
  name: 'podinfo',
  port: 80,
  portName: 'http',
  targetPort: 9898,
  portDiscovery: false,
  headless: false,
  apex: {},
  primary: {},
  canary: {},
};

let server: MemoryKube;
let user: KubeClient;
let workload: Workload;
let intent: WorkloadIntent;

beforeEach(async () => {
  server = createMemoryKube();
  user = server.client('kubectl');
  workload = createDeploymentWorkload({
    kube: server.client(),
    deployments: createMemoryCache(server, Deployments),
    services: createMemoryCache(server, Services),
  });
  const canary = await user.create<KubeObject>(Canaries, { metadata: { ...apexKey } });
  intent = {
    canary: { namespace, name: 'podinfo', uid: canary.metadata.uid ?? '' },
    target: { kind: 'Deployment', name: 'podinfo' },
    selectorLabels: ['app'],
    service,
    readyThreshold: { primary: 100, canary: 100 },
  };
  const labels = { app: 'podinfo' };
  const ports = [
    { name: 'http', containerPort: 9898 },
    { containerPort: 53, protocol: 'UDP' },
  ];
  await user.create(Deployments, {
    metadata: { ...apexKey },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            { name: 'app', image: 'podinfo:1', ports: [...ports, { name: 'grpc', containerPort: 9999 }] },
            { name: 'envoy', image: 'envoy', ports: [{ name: 'admin', containerPort: 15_000 }] },
          ],
        },
      },
    },
  });
});

const stored = (name: string) => server.peek(Services, { namespace, name });
const withService = (changes: Partial<ServiceIntent>) => ({ ...intent, service: { ...service, ...changes } });

function existing(spec: object, metadata: object = {}): Promise<KubeObject> {
  return user.create(Services, { metadata: { ...apexKey, ...metadata }, spec });
}

/** Applies, then proves that the result counts as applied and that applying again makes no request. */
async function apply(wanted: WorkloadIntent = intent, apex = true): Promise<void> {
  await workload.applyServices(wanted, { apex });
  expect(workload.observe(wanted).servicesReady).toEqual({ backends: true, apexToPrimary: apex });
  const requests = server.requests.length;
  await workload.applyServices(wanted, { apex });
  expect(server.requests).toHaveLength(requests);
}

describe('Services that Siskin makes', () => {
  test('lead to their side and belong to the Canary; the apex comes only when asked for', async () => {
    await apply(intent, false);
    expect(stored('podinfo')).toBeUndefined();
    await apply();
    const port = { name: 'http', protocol: 'TCP', port: 80, targetPort: 9898 };
    const expected = (name: string, value: string) => ({
      metadata: {
        labels: { app: name },
        annotations: {
          'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
          'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
        },
        ownerReferences: [{ uid: intent.canary.uid, controller: true }],
      },
      spec: { selector: { app: value }, ports: [port] },
    });
    expect(stored('podinfo')).toMatchObject(expected('podinfo', 'podinfo-primary'));
    expect(stored('podinfo-primary')).toMatchObject(expected('podinfo-primary', 'podinfo-primary'));
    expect(stored('podinfo-canary')).toMatchObject(expected('podinfo-canary', 'podinfo'));
  });

  test('follow the spec, and lose what it no longer names', async () => {
    await apply(
      withService({
        apex: { labels: { tier: 'web' } },
        trafficDistribution: 'PreferClose',
        appProtocol: 'grpc',
      }),
    );
    expect(stored('podinfo')).toMatchObject({
      metadata: { labels: { tier: 'web' } },
      spec: { trafficDistribution: 'PreferClose', ports: [{ appProtocol: 'grpc' }] },
    });
    await apply(withService({ port: 81 }));
    const spec = stored('podinfo')?.spec;
    expect(stored('podinfo')?.metadata.labels).toEqual({ app: 'podinfo' });
    expect(spec).not.toHaveProperty('trafficDistribution');
    expect(spec).toMatchObject({ ports: [{ name: 'http', protocol: 'TCP', port: 81, targetPort: 9898 }] });
  });

  test('publish the other ports of the containers when asked to', async () => {
    await apply(withService({ portDiscovery: true }));
    expect(stored('podinfo')).toMatchObject({
      spec: {
        ports: [
          { name: 'http', port: 80, targetPort: 9898 },
          { name: 'udp-app-1', protocol: 'UDP', port: 53, targetPort: 53 },
          { name: 'grpc', protocol: 'TCP', port: 9999, targetPort: 9999 },
        ],
      },
    });
  });

  test('are headless from the start or never', async () => {
    await apply(withService({ headless: true }));
    expect(stored('podinfo')).toMatchObject({ spec: { clusterIP: 'None' } });
    await apply(withService({ headless: false, port: 81 }));
    expect(stored('podinfo')).toMatchObject({ spec: { clusterIP: 'None', ports: [{ port: 81 }] } });
  });

  test('keep what others put on them', async () => {
    await apply();
    await user.patch(Services, apexKey, {
      metadata: { annotations: { lb: 'internal' }, labels: { team: 'a' } },
    });
    await apply(
      withService({
        apex: { annotations: { a: 'b', mine: 'no' } },
        unmanagedMetadata: { annotations: ['mine'] },
      }),
    );
    expect(stored('podinfo')?.metadata).toMatchObject({
      labels: { app: 'podinfo', team: 'a' },
      annotations: { lb: 'internal', a: 'b' },
    });
    expect(stored('podinfo')?.metadata.annotations).not.toHaveProperty('mine');
  });

  test('are repaired after somebody changed them', async () => {
    await apply();
    await user.patch(Services, apexKey, { spec: { selector: { app: 'podinfo' } } });
    expect(workload.observe(intent).servicesReady).toEqual({ backends: true, apexToPrimary: false });
    await apply();
  });
});

describe('an apex Service that was there before', () => {
  test('is turned in one write that keeps its address, its node port and its metadata', async () => {
    const before = await existing(
      {
        type: 'NodePort',
        selector: { app: 'podinfo', tier: 'web' },
        ports: [{ port: 80, targetPort: 'http', nodePort: 31_000 }],
      },
      { labels: { helm: 'yes' }, annotations: { dns: 'shop' } },
    );
    await workload.applyServices(intent, { apex: false });
    expect(stored('podinfo')).toEqual(before);
    const versions = server.changes.length;
    await apply();
    expect(server.changes).toHaveLength(versions + 1);
    expect(stored('podinfo')).toMatchObject({
      metadata: { uid: before.metadata.uid, labels: { helm: 'yes' }, annotations: { dns: 'shop' } },
      spec: {
        type: 'NodePort',
        clusterIP: dig(before.spec, 'clusterIP'),
        selector: { app: 'podinfo-primary' },
        ports: [{ name: 'http', port: 80, targetPort: 9898, nodePort: 31_000 }],
      },
    });
    expect(stored('podinfo')?.metadata.labels).toEqual({ helm: 'yes' });
    expect(stored('podinfo')?.metadata).not.toHaveProperty('ownerReferences');
  });

  test('keeps the ports that others use, whatever their names', async () => {
    await existing({ selector: { app: 'podinfo' }, ports: [{ name: 'http', port: 8080 }] });
    await apply();
    expect(stored('podinfo')).toMatchObject({
      spec: {
        ports: [
          { name: 'http', port: 8080 },
          { name: 'http-80', port: 80 },
        ],
      },
    });
  });

  test('has its nameless port named, because two ports need names', async () => {
    await existing({ selector: { app: 'podinfo' }, ports: [{ port: 8080 }] });
    await apply();
    expect(stored('podinfo')).toMatchObject({
      spec: {
        ports: [
          { name: 'port-8080', port: 8080 },
          { name: 'http', port: 80 },
        ],
      },
    });
  });

  test('is left alone when another controller holds it', async () => {
    const ownerReferences = [
      { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'podinfo', uid: 'x', controller: true },
    ];
    const before = await existing(
      { selector: { app: 'podinfo' }, ports: [{ port: 80 }] },
      { ownerReferences },
    );
    expect(workload.observe(intent).problem).toMatchObject({
      reason: 'ServiceForeign',
      message: expect.stringContaining('controlled by Canary podinfo'),
    });
    await expect(workload.applyServices(intent, { apex: true })).rejects.toMatchObject({
      reason: 'ServiceForeign',
    });
    expect(stored('podinfo')).toEqual(before);
  });

  test('cannot be a backend Service', async () => {
    await user.create(Services, {
      metadata: { namespace, name: 'podinfo-canary' },
      spec: { ports: [{ port: 80 }] },
    });
    expect(workload.observe(intent).problem).toMatchObject({ reason: 'ServiceForeign' });
    await expect(workload.applyServices(intent, { apex: false })).rejects.toMatchObject({
      reason: 'ServiceForeign',
    });
  });

  test('which the cache does not know yet is not taken over blindly', async () => {
    const blind = createDeploymentWorkload({
      kube: server.client(),
      deployments: createMemoryCache(server, Deployments),
      services: createMemoryCache(server, Services, () => {}),
    });
    const before = await existing({ selector: { app: 'other' }, ports: [{ port: 80 }] });
    await expect(blind.applyServices(intent, { apex: true })).rejects.toMatchObject({ status: 409 });
    expect(stored('podinfo')).toEqual(before);
  });
});

async function release(): Promise<void> {
  await workload.releaseServices(intent);
  const requests = server.requests.length;
  await workload.releaseServices(intent);
  expect(server.requests).toHaveLength(requests);
  await user.delete(Canaries, apexKey);
}

describe('when the Canary goes', () => {
  test('our apex Service serves the target on and is nobody’s; the other two go', async () => {
    await apply();
    await release();
    expect(server.all(Services)).toHaveLength(1);
    expect(stored('podinfo')).toMatchObject({
      spec: { selector: { app: 'podinfo' }, ports: [{ port: 80 }] },
    });
    expect(stored('podinfo')?.metadata).not.toHaveProperty('ownerReferences');
    expect(stored('podinfo')?.metadata.annotations ?? {}).toEqual({});
  });

  test('an adopted apex Service is turned back and Flux may have it again', async () => {
    const before = await existing(
      { selector: { app: 'podinfo' }, ports: [{ name: 'http', port: 80, targetPort: 9898 }] },
      { annotations: { dns: 'shop' } },
    );
    await apply();
    await release();
    expect(stored('podinfo')).toMatchObject({
      spec: before.spec,
      metadata: { annotations: { dns: 'shop' } },
    });
    expect(Object.keys(stored('podinfo')?.metadata.annotations ?? {})).toEqual(['dns']);
  });

  test('without a target our Service goes too, an adopted one is still turned back', async () => {
    await apply();
    await user.delete(Deployments, apexKey);
    await release();
    expect(server.all(Services)).toEqual([]);
  });

  test('an adopted one is turned back even without a target', async () => {
    await existing({ selector: { app: 'podinfo' }, ports: [{ port: 80 }] });
    await apply();
    await user.delete(Deployments, apexKey);
    await release();
    expect(stored('podinfo')).toMatchObject({ spec: { selector: { app: 'podinfo' } } });
  });

  test('a Service that was never ours is not touched, a missing one is fine', async () => {
    await workload.releaseServices(intent);
    const before = await existing({ selector: { app: 'podinfo' }, ports: [{ port: 80 }] });
    await workload.releaseServices(intent);
    expect(stored('podinfo')).toEqual(before);
  });
});
