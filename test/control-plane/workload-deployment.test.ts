/** The Deployment adapter against a real API server: defaults, ownership of fields and conflicts are the server's own. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Deployments, Services } from '../../src/api/resources.ts';
import type { KubeObject } from '../../src/runtime/port.ts';
import { createDeploymentWorkload } from '../../src/workload/deployment.ts';
import type { PodSet, Workload, WorkloadIntent } from '../../src/workload/port.ts';
import { startWorld, type World } from './workload-world.ts';

let world: World;
let deployments: ReturnType<World['cache']>;
let services: ReturnType<World['cache']>;
let workload: Workload;
let intent: WorkloadIntent;

beforeEach(async () => {
  world = await startWorld();
  deployments = world.cache(Deployments);
  services = world.cache(Services);
  workload = createDeploymentWorkload({ kube: world.kube, deployments, services });
  intent = {
    canary: world.canary,
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
  const labels = { app: 'podinfo' };
  await world.user.create(Deployments, {
    metadata: { name: 'podinfo', labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec('podinfo:1') },
    },
  });
  await deployments.refresh('podinfo');
});

afterEach(() => world.close());

function podSpec(image: string) {
  const probe = { httpGet: { path: '/', port: 'http' } };
  const term = { labelSelector: { matchLabels: { app: 'podinfo' } }, topologyKey: 'kubernetes.io/hostname' };
  return {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
    volumes: [{ name: 'tmp', emptyDir: {} }],
    containers: [
      {
        name: 'app',
        image,
        env: [
          { name: 'A', value: '1' },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
        ports: [
          { name: 'http', containerPort: 9898 },
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
        ],
        resources: { requests: { cpu: '0.1', memory: '64Mi' }, limits: { cpu: '1000m' } },
        readinessProbe: probe,
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
    ],
  };
}

function seen(): PodSet {
  const { target } = workload.observe(intent);
  if (target === undefined) throw new Error('no target');
  return target;
}

async function changeTarget(): Promise<PodSet> {
  const { containers } = podSpec('podinfo:2');
  const container = { ...containers[0], env: [], readinessProbe: undefined };
  await world.user.patch(Deployments, 'podinfo', {
    spec: { template: { spec: { affinity: null, containers: [container] } } },
  });
  await deployments.refresh('podinfo');
  return seen();
}

async function quietly(act: () => Promise<void>): Promise<void> {
  const before = world.requests();
  await act();
  expect(world.requests()).toBe(before);
}

describe('the primary', () => {
  test('as the server defaults it is the same as the target', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    expect(workload.observe(intent)).toMatchObject({
      primary: { replicas: 2, revision: 'r1', images: { app: 'podinfo:1' } },
      primaryMatchesTarget: true,
    });
    await quietly(() => workload.writePrimary(intent, seen(), { revision: 'r1', promoted: 'r1' }));
  });

  test('gets exactly the promoted template and keeps what is not ours', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    await world.user.patch(Deployments, 'podinfo-primary', {
      metadata: { annotations: { cost: '1' } },
      spec: { replicas: 5, template: { spec: { priority: null, hostname: 'foreign' } } },
    });
    await deployments.refresh('podinfo-primary');
    const judged = await changeTarget();
    await workload.writePrimary(intent, judged, { revision: 'r2', promoted: 'r1' });
    const live = await world.user.get(Deployments, 'podinfo-primary');
    expect(live).toMatchObject({
      metadata: {
        annotations: { cost: '1', 'siskin.dev/revision': 'r2' },
        ownerReferences: [{ kind: 'Canary' }],
      },
      spec: { replicas: 5, template: { spec: { containers: [{ image: 'podinfo:2' }] } } },
    });
    expect(live).not.toHaveProperty('spec.template.spec.hostname');
    expect(live).not.toHaveProperty('spec.template.spec.affinity');
    expect(live).not.toHaveProperty('spec.template.spec.containers[0].env');
    expect(live).not.toHaveProperty('spec.template.spec.containers[0].readinessProbe');
    expect(workload.observe(intent)).toMatchObject({ primaryMatchesTarget: true });
    await quietly(() => workload.writePrimary(intent, judged, { revision: 'r2', promoted: 'r1' }));
  });

  test('is not written over a version that was not looked at', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    await world.user.patch(Deployments, 'podinfo-primary', { spec: { paused: true } });
    const judged = await changeTarget();
    await expect(
      workload.writePrimary(intent, judged, { revision: 'r2', promoted: 'r1' }),
    ).rejects.toMatchObject({
      status: 409,
      reason: 'Conflict',
    });
  });

  test('that exists already is looked at again, not written', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    const blind = createDeploymentWorkload({
      kube: world.kube,
      deployments: world.cache(Deployments),
      services,
    });
    await blind.createPrimary(intent, seen(), 'r2');
    expect(blind.observe(intent)).toMatchObject({ primary: { revision: 'r1' } });
  });
});

describe('the target', () => {
  test('is scaled without touching its template, and only in the version that was looked at', async () => {
    const before = seen();
    await workload.scaleTarget(intent, before, 0);
    expect(seen()).toMatchObject({ replicas: 0, template: before.template });
    await expect(workload.scaleTarget(intent, before, 3)).rejects.toMatchObject({
      status: 409,
      reason: 'Conflict',
    });
  });
});

async function apply(wanted = intent): Promise<void> {
  await workload.applyServices(wanted, { apex: true });
  expect(workload.observe(wanted).servicesReady).toEqual({ backends: true, apexToPrimary: true });
  await quietly(() => workload.applyServices(wanted, { apex: true }));
}

async function existing(spec: object): Promise<KubeObject> {
  const metadata = { name: 'podinfo', labels: { helm: 'yes' }, annotations: { dns: 'shop' } };
  await world.user.create(Services, { metadata, spec });
  return services.refresh('podinfo');
}

describe('the Services', () => {
  test('that are ours follow the spec and lose what it no longer names', async () => {
    const rich = { ...intent.service, apex: { labels: { tier: 'web' } }, trafficDistribution: 'PreferClose' };
    await apply({ ...intent, service: rich });
    expect(await world.user.get(Services, 'podinfo')).toMatchObject({
      metadata: { labels: { app: 'podinfo', tier: 'web' } },
      spec: {
        trafficDistribution: 'PreferClose',
        selector: { app: 'podinfo-primary' },
        ports: [
          { name: 'http', port: 80, targetPort: 'http' },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
      },
    });
    await apply({ ...intent, service: { ...intent.service, port: 81, portDiscovery: false } });
    const live = await world.user.get(Services, 'podinfo');
    expect(live).toMatchObject({ metadata: { labels: { app: 'podinfo' } }, spec: { ports: [{ port: 81 }] } });
    expect(live).not.toHaveProperty('spec.ports[1]');
    expect(live).not.toHaveProperty('metadata.labels.tier');
    expect(live).not.toHaveProperty('spec.trafficDistribution');
  });

  test('may be headless', async () => {
    await apply({ ...intent, service: { ...intent.service, headless: true } });
    expect(await world.user.get(Services, 'podinfo')).toMatchObject({ spec: { clusterIP: 'None' } });
  });

  test('that were there before keep their address, node port, other ports and metadata, and are given back', async () => {
    const ports = [
      { port: 80, targetPort: 9898, name: 'web' },
      { port: 8080, targetPort: 9898, name: 'http' },
    ];
    const before = await existing({ type: 'NodePort', selector: { app: 'podinfo', tier: 'web' }, ports });
    await apply();
    const { selector: _selector, ports: _ports, ...kept } = Object(before.spec);
    const nodePorts = _ports.map(({ port, nodePort }: { port: number; nodePort: number }) => ({
      port,
      nodePort,
    }));
    expect(await world.user.get(Services, 'podinfo')).toMatchObject({
      metadata: { uid: before.metadata.uid, labels: { helm: 'yes' }, annotations: { dns: 'shop' } },
      spec: { ...kept, selector: { app: 'podinfo-primary' } },
    });
    const live = await world.user.get(Services, 'podinfo');
    expect(live).toHaveProperty(
      'spec.ports',
      expect.arrayContaining(nodePorts.map((port: object) => expect.objectContaining(port))),
    );
    expect(live).toHaveProperty('spec.selector', { app: 'podinfo-primary' });
    await workload.releaseServices(intent);
    await quietly(() => workload.releaseServices(intent));
    const released = await world.user.get(Services, 'podinfo');
    expect(released).toMatchObject({
      metadata: { annotations: { dns: 'shop' } },
      spec: { ...kept, selector: { app: 'podinfo' } },
    });
    expect(Object.keys(released.metadata.annotations ?? {})).toEqual(['dns']);
  });

  test('with one nameless port get a name for it, and follow a change of our own port in two steps', async () => {
    await existing({ selector: { app: 'podinfo' }, ports: [{ port: 8080 }] });
    await apply();
    const moved = { ...intent, service: { ...intent.service, port: 81 } };
    // Until the old port is gone it counts as somebody else's, so that its name is not taken twice.
    await workload.applyServices(moved, { apex: true });
    await apply(moved);
    const { spec } = await world.user.get(Services, 'podinfo');
    expect(spec).toHaveProperty('ports', [
      expect.objectContaining({ name: 'http', port: 81 }),
      expect.objectContaining({ name: 'dns', port: 53 }),
      expect.objectContaining({ name: 'port-8080', port: 8080 }),
    ]);
  });

  test('of which the cache does not know are not taken over', async () => {
    await existing({ selector: { app: 'other' }, ports: [{ port: 80 }] });
    const blind = createDeploymentWorkload({
      kube: world.kube,
      deployments,
      services: world.cache(Services),
    });
    await expect(blind.applyServices(intent, { apex: true })).rejects.toMatchObject({ status: 409 });
    expect(await world.user.get(Services, 'podinfo')).toMatchObject({ spec: { selector: { app: 'other' } } });
  });

  test('that are ours stay after the Canary, owned by nobody', async () => {
    await apply();
    await workload.releaseServices(intent);
    const released = await world.user.get(Services, 'podinfo');
    expect(released).toMatchObject({
      spec: { selector: { app: 'podinfo' }, ports: [{ port: 80 }, { port: 53 }] },
    });
    expect(released.metadata).not.toHaveProperty('ownerReferences');
    expect(released.metadata).not.toHaveProperty('annotations');
  });
});
