import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryCache } from '../../test/memory/cache.ts';
import { createMemoryKube, type MemoryKube } from '../../test/memory/kube.ts';
import { Canaries, Deployments, Services } from '../api/resources.ts';
import type { KubeClient, KubeObject } from '../runtime/port.ts';
import { createDeploymentWorkload } from './deployment.ts';
import type { Workload, WorkloadIntent } from './port.ts';

const key = { namespace: 'shop', name: 'podinfo' };
const primaryKey = { namespace: 'shop', name: 'podinfo-primary' };
const base: Omit<WorkloadIntent, 'canary'> = {
  target: { kind: 'Deployment', name: 'podinfo' },
  selectorLabels: ['app', 'name', 'app.kubernetes.io/name'],
  service: {
    name: 'podinfo',
    port: 80,
    portName: 'http',
    targetPort: 'http',
    portDiscovery: false,
    headless: false,
    apex: {},
    primary: {},
    canary: {},
  },
  readyThreshold: { primary: 100, canary: 100 },
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
  const canary = await user.create<KubeObject>(Canaries, { metadata: { ...key } });
  intent = { ...base, canary: { ...key, uid: canary.metadata.uid ?? '' } };
  await user.create(Deployments, target({ app: 'podinfo' }));
});

function target(labels: Record<string, string>, image = 'podinfo:1'): KubeObject {
  return {
    metadata: { ...key, labels: { team: 'shop', 'app.kubernetes.io/instance': 'apps' } },
    spec: {
      replicas: 3,
      minReadySeconds: 5,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image, env: [{ name: 'A', value: '1' }] }] },
      },
    },
  };
}

function seen() {
  const view = workload.observe(intent);
  if (view.target === undefined) throw new Error('no target');
  return view.target;
}

async function changeTarget(container: object): Promise<void> {
  const containers = [{ name: 'app', image: 'podinfo:2', ...container }];
  await user.patch(Deployments, key, { spec: { template: { spec: { containers } } } });
}

describe('what is seen', () => {
  test('a target without a primary', () => {
    const view = workload.observe(intent);
    expect(view).toMatchObject({
      target: { replicas: 3, generation: 1, images: { app: 'podinfo:1' }, readiness: { ready: false } },
      primaryMatchesTarget: false,
      servicesReady: { backends: false, apexToPrimary: false },
    });
    expect(view).not.toHaveProperty('primary');
    expect(view).not.toHaveProperty('problem');
  });

  test('a missing target', async () => {
    await user.delete(Deployments, key);
    expect(workload.observe(intent).problem).toEqual({
      reason: 'TargetMissing',
      message: 'Deployment podinfo is not in namespace shop',
    });
  });

  test('a target selected by none of the labels is refused and the way out is named', async () => {
    await user.delete(Deployments, key);
    await user.create(Deployments, target({ component: 'web' }));
    expect(workload.observe(intent).problem).toMatchObject({
      reason: 'SelectorLabelMissing',
      message: expect.stringContaining('app, name, app.kubernetes.io/name'),
    });
    await expect(workload.createPrimary(intent, seen(), 'r1')).rejects.toMatchObject({
      reason: 'SelectorLabelMissing',
    });
  });

  test('a label value without room for the suffix is refused', async () => {
    await user.delete(Deployments, key);
    await user.create(Deployments, target({ app: 'a'.repeat(60) }));
    expect(workload.observe(intent).problem).toMatchObject({ reason: 'SelectorLabelTooLong' });
  });

  test("somebody else's primary is a problem and is never written", async () => {
    await user.create(Deployments, { ...target({ app: 'podinfo' }), metadata: { ...primaryKey } });
    const view = workload.observe(intent);
    expect(view.problem).toMatchObject({ reason: 'PrimaryForeign' });
    expect(view).not.toHaveProperty('primary');
    await expect(
      workload.writePrimary(intent, seen(), { revision: 'r1', promoted: 'r1' }),
    ).rejects.toMatchObject({
      reason: 'PrimaryForeign',
    });
  });
});

describe('the primary', () => {
  test("is made from the target's template and replicas, owned by the Canary", async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    expect(server.peek(Deployments, primaryKey)).toMatchObject({
      metadata: {
        labels: { app: 'podinfo-primary', team: 'shop', 'app.kubernetes.io/managed-by': 'siskin' },
        annotations: { 'siskin.dev/revision': 'r1' },
        ownerReferences: [
          { kind: 'Canary', uid: intent.canary.uid, controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: {
        replicas: 3,
        minReadySeconds: 5,
        selector: { matchLabels: { app: 'podinfo-primary' } },
        template: {
          metadata: { labels: { app: 'podinfo-primary' } },
          spec: { containers: [{ image: 'podinfo:1' }] },
        },
      },
    });
    expect(server.peek(Deployments, primaryKey)?.metadata.labels).not.toHaveProperty([
      'app.kubernetes.io/instance',
    ]);
    expect(workload.observe(intent)).toMatchObject({
      primary: { revision: 'r1' },
      primaryMatchesTarget: true,
    });
  });

  test('gets one replica from a target that has none', async () => {
    await user.patch(Deployments, key, { spec: { replicas: 0 } });
    await workload.createPrimary(intent, seen(), 'r1');
    expect(workload.observe(intent)).toMatchObject({ primary: { replicas: 1 } });
  });

  test('which a stale cache did not know of is left as it is', async () => {
    const blind = createDeploymentWorkload({
      kube: server.client(),
      deployments: createMemoryCache(server, Deployments, () => {}),
      services: createMemoryCache(server, Services),
    });
    await workload.createPrimary(intent, seen(), 'r1');
    await changeTarget({});
    await blind.createPrimary(intent, seen(), 'r2');
    expect(blind.observe(intent)).toMatchObject({
      primary: { revision: 'r1', images: { app: 'podinfo:1' } },
    });
  });

  test('gets exactly the template of the verdict, whatever the target holds by now', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    await changeTarget({});
    const judged = seen();
    await changeTarget({ image: 'podinfo:3' });
    await workload.writePrimary(intent, judged, { revision: 'r2', promoted: 'r1' });
    expect(workload.observe(intent)).toMatchObject({
      primary: { revision: 'r2', images: { app: 'podinfo:2' } },
      primaryMatchesTarget: false,
    });
  });

  test('loses on promotion what the template no longer has and what others put into it', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    await user.patch(Deployments, primaryKey, { spec: { template: { spec: { hostNetwork: true } } } });
    await changeTarget({});
    await workload.writePrimary(intent, seen(), { revision: 'r2', promoted: 'r1' });
    const primary = server.peek(Deployments, primaryKey);
    expect(primary).not.toHaveProperty('spec.template.spec.hostNetwork');
    expect(primary).not.toHaveProperty('spec.template.spec.containers[0].env');
    expect(workload.observe(intent).primaryMatchesTarget).toBe(true);
  });

  test('keeps the replicas, labels and annotations that others gave it', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    await user.patch(Deployments, primaryKey, {
      spec: { replicas: 7 },
      metadata: { annotations: { cost: '1' } },
    });
    await user.patch(Deployments, key, { spec: { replicas: 1 } });
    await changeTarget({});
    await workload.writePrimary(intent, seen(), { revision: 'r2', promoted: 'r1' });
    expect(server.peek(Deployments, primaryKey)).toMatchObject({
      metadata: { annotations: { cost: '1', 'siskin.dev/revision': 'r2' } },
      spec: { replicas: 7 },
    });
  });

  test('follows the way in which the target replaces its pods', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    await user.patch(Deployments, key, {
      spec: { minReadySeconds: null, strategy: { type: 'Recreate', rollingUpdate: null } },
    });
    await workload.writePrimary(intent, seen(), { revision: 'r1', promoted: 'r1' });
    expect(server.peek(Deployments, primaryKey)).toMatchObject({ spec: { strategy: { type: 'Recreate' } } });
    expect(server.peek(Deployments, primaryKey)).not.toHaveProperty('spec.strategy.rollingUpdate');
    expect(server.peek(Deployments, primaryKey)).not.toHaveProperty('spec.minReadySeconds');
  });

  test('written twice is one version, so that no pod is replaced twice', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    await changeTarget({});
    await workload.writePrimary(intent, seen(), { revision: 'r2', promoted: 'r1' });
    const requests = server.requests.length;
    await workload.writePrimary(intent, seen(), { revision: 'r2', promoted: 'r1' });
    expect(server.requests).toHaveLength(requests);
  });

  test('keeps the template of the promoted revision, and gets exactly that back', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    const before = server.peek(Deployments, primaryKey);
    await changeTarget({});
    await workload.writePrimary(intent, seen(), { revision: 'r2', promoted: 'r1' });
    await workload.writePrimary(intent, seen(), { revision: 'r2', promoted: 'r1' });
    expect(workload.observe(intent).primary).toMatchObject({ revision: 'r2', previous: 'r1' });
    await workload.restorePrimary(intent, 'r1');
    const after = server.peek(Deployments, primaryKey);
    expect(after?.spec).toEqual(before?.spec);
    expect(after?.metadata.annotations).toEqual(before?.metadata.annotations);
    expect(workload.observe(intent).primary).not.toHaveProperty('previous');
    await expect(workload.restorePrimary(intent, 'r1')).rejects.toMatchObject({ reason: 'PreviousMissing' });
  });

  test('keeps nothing of a promotion that never served, and nothing that is too long', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    await changeTarget({});
    await workload.writePrimary(intent, seen(), { revision: 'r2', promoted: 'r1' });
    await changeTarget({ image: 'podinfo:3' });
    await workload.writePrimary(intent, seen(), { revision: 'r3', promoted: 'r1' });
    expect(workload.observe(intent).primary).toMatchObject({ revision: 'r3', previous: 'r1' });
    const note = 'x'.repeat(140_000);
    await user.patch(Deployments, primaryKey, {
      spec: { template: { metadata: { annotations: { note } } } },
    });
    await workload.writePrimary(intent, seen(), { revision: 'r4', promoted: 'r3' });
    expect(workload.observe(intent).primary).not.toHaveProperty('previous');
  });

  test.each(['{', '{}', '"r1"', '{"revision":"r1","template":7}'])(
    'reads nothing out of a kept template that was tampered with: %s',
    async text => {
      await workload.createPrimary(intent, seen(), 'r2');
      await user.patch(Deployments, primaryKey, {
        metadata: { annotations: { 'siskin.dev/previous': text } },
      });
      expect(workload.observe(intent).primary).not.toHaveProperty('previous');
      await expect(workload.restorePrimary(intent, 'r1')).rejects.toMatchObject({
        reason: 'PreviousMissing',
      });
    },
  );

  test('is written on its latest version only', async () => {
    const stale = createMemoryCache<KubeObject>(server, Deployments, () => {});
    const late = createDeploymentWorkload({
      kube: server.client(),
      deployments: stale,
      services: createMemoryCache(server, Services),
    });
    await workload.createPrimary(intent, seen(), 'r1');
    stale.relist();
    await user.patch(Deployments, primaryKey, { spec: { paused: true } });
    await changeTarget({});
    await expect(late.writePrimary(intent, seen(), { revision: 'r2', promoted: 'r1' })).rejects.toMatchObject(
      { status: 409 },
    );
  });

  test('goes on being selected after the target was made anew with another label', async () => {
    await workload.createPrimary(intent, seen(), 'r1');
    await user.delete(Deployments, key);
    await user.create(Deployments, target({ name: 'podinfo' }, 'podinfo:2'));
    await workload.writePrimary(intent, seen(), { revision: 'r2', promoted: 'r1' });
    await workload.applyServices(intent, { apex: true });
    expect(server.peek(Deployments, primaryKey)).toMatchObject({
      spec: { template: { metadata: { labels: { app: 'podinfo-primary', name: 'podinfo-primary' } } } },
    });
    expect(server.peek(Services, key)).toMatchObject({ spec: { selector: { app: 'podinfo-primary' } } });
  });
});

describe('the replicas of the target', () => {
  test('are all that scaling writes', async () => {
    const before = seen();
    await workload.scaleTarget(intent, before, 0);
    expect(workload.observe(intent).target).toMatchObject({ replicas: 0, template: before.template });
    const requests = server.requests.length;
    await workload.scaleTarget(intent, seen(), 0);
    expect(server.requests).toHaveLength(requests);
  });

  test('are written also when only the status was written since', async () => {
    const before = seen();
    await user.patch(Deployments, key, { status: { readyReplicas: 2 } }, { subresource: 'status' });
    await workload.scaleTarget(intent, before, 0);
    expect(server.peek(Deployments, key)).toMatchObject({
      spec: { replicas: 0 },
      status: { readyReplicas: 2 },
    });
  });

  test('are written only to the version that was looked at', async () => {
    const before = seen();
    await changeTarget({});
    await expect(workload.scaleTarget(intent, before, 0)).rejects.toMatchObject({
      status: 409,
      reason: 'Conflict',
    });
  });
});
