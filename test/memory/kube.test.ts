import { beforeEach, describe, expect, test } from 'vitest';
import { Canaries, Deployments, HttpRoutes, Services } from '../../src/api/resources.ts';
import type { KubeClient, KubeObject } from '../../src/runtime/port.ts';
import { createMemoryKube, type MemoryKube } from './kube.ts';

const key = { namespace: 'shop', name: 'podinfo' };
let server: MemoryKube;
let kube: KubeClient;

beforeEach(() => {
  server = createMemoryKube();
  kube = server.client();
});

function deployment(image = 'podinfo:1'): KubeObject {
  return {
    metadata: { ...key },
    spec: {
      selector: { matchLabels: { app: 'podinfo' } },
      template: {
        metadata: { labels: { app: 'podinfo' } },
        spec: { containers: [{ name: 'app', image }] },
      },
    },
  };
}

const service = (spec: object): KubeObject => ({ metadata: { ...key }, spec });

const port = (number: number, name: string) => ({ name, port: number });

describe('versions and refusals', () => {
  test('a create answers what is stored, with identity and defaults', async () => {
    const created = await kube.create(Deployments, deployment());
    expect(created).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { uid: expect.any(String), generation: 1, creationTimestamp: '1970-01-01T00:00:00Z' },
      spec: { replicas: 1, progressDeadlineSeconds: 600 },
    });
    expect(await kube.get(Deployments, key)).toEqual(created);
  });

  test('a second create is AlreadyExists, a missing object is NotFound or undefined', async () => {
    await kube.create(Deployments, deployment());
    await expect(kube.create(Deployments, deployment())).rejects.toMatchObject({
      status: 409,
      reason: 'AlreadyExists',
    });
    expect(await kube.get(Services, key)).toBeUndefined();
    await expect(kube.patch(Services, key, {})).rejects.toMatchObject({ status: 404 });
    await expect(kube.delete(Services, key)).rejects.toMatchObject({ status: 404 });
  });

  test('a patch which changes nothing leaves the version alone', async () => {
    const created = await kube.create(Deployments, deployment());
    expect(await kube.patch(Deployments, key, { spec: { replicas: 1 } })).toEqual(created);
    expect(server.changes).toHaveLength(1);
  });

  test('the generation follows the spec, not the status or the labels', async () => {
    await kube.create(Deployments, deployment());
    await kube.patch(Deployments, key, { status: { replicas: 1 } }, { subresource: 'status' });
    await kube.patch(Deployments, key, { metadata: { labels: { a: 'b' } } });
    const scaled = await kube.patch<KubeObject>(Deployments, key, { spec: { replicas: 2 } });
    expect(scaled).toMatchObject({ metadata: { generation: 2 }, status: { replicas: 1 } });
  });

  test('a stale resourceVersion or another uid is a conflict', async () => {
    const created = await kube.create(Deployments, deployment());
    await kube.patch(Deployments, key, { spec: { replicas: 2 } });
    const { resourceVersion } = created.metadata;
    const stale = kube.patch(Deployments, key, { metadata: { resourceVersion }, spec: { replicas: 3 } });
    await expect(stale).rejects.toMatchObject({ status: 409, reason: 'Conflict' });
    await expect(kube.delete(Deployments, key, { uid: 'other' })).rejects.toMatchObject({ status: 409 });
    expect(server.peek(Deployments, key)).toMatchObject({ spec: { replicas: 2 } });
  });

  test('the scale subresource changes replicas only and answers a Scale', async () => {
    await kube.create(Deployments, deployment());
    const body = { spec: { replicas: 4, paused: true } };
    const scale = await kube.patch<KubeObject>(Deployments, key, body, { subresource: 'scale' });
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } });
    expect(server.peek(Deployments, key)).toMatchObject({ spec: { replicas: 4 } });
    expect(server.peek(Deployments, key)).not.toHaveProperty('spec.paused');
  });

  test('a main write cannot touch the status, a status write nothing else', async () => {
    await kube.create(Deployments, { ...deployment(), status: { replicas: 7 } });
    await kube.patch(Deployments, key, { status: { replicas: 7 } });
    expect(server.peek(Deployments, key)).not.toHaveProperty('status');
    const body = { spec: { replicas: 5 }, status: { replicas: 7 } };
    await kube.patch(Deployments, key, body, { subresource: 'status' });
    expect(server.peek(Deployments, key)).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 7 } });
  });

  test('what a real server refuses is Invalid', async () => {
    await kube.create(Deployments, deployment());
    const selector = { matchLabels: { app: 'other' } };
    await expect(kube.patch(Deployments, key, { spec: { selector } })).rejects.toMatchObject({ status: 422 });
    const ports = [{ name: 'http', port: 80 }, { port: 81 }];
    await expect(kube.create(Services, service({ ports }))).rejects.toMatchObject({ status: 422 });
  });
});

describe('server-side apply', () => {
  test('creates, and applying the same again changes nothing', async () => {
    const body = service({ selector: { app: 'a' }, ports: [port(80, 'http')] });
    const first = await kube.apply(Services, body);
    expect(await kube.apply(Services, body)).toEqual(first);
  });

  test('a field that is no longer sent goes, others and defaults stay', async () => {
    await kube.apply(
      Services,
      service({ selector: { app: 'a' }, ports: [port(80, 'http'), port(81, 'grpc')] }),
    );
    await server.client('cloud').patch(Services, key, { metadata: { annotations: { lb: 'yes' } } });
    await kube.apply(Services, service({ ports: [port(80, 'http')] }));
    expect(server.peek(Services, key)).toMatchObject({
      metadata: { annotations: { lb: 'yes' } },
      spec: { type: 'ClusterIP', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
    });
    expect(server.peek(Services, key)).not.toHaveProperty('spec.selector');
  });

  test('a field that another owns with another value is a conflict, and force takes it over', async () => {
    await server
      .client('kubectl')
      .create(Services, service({ selector: { app: 'a' }, ports: [port(80, 'http')] }));
    const body = service({ selector: { app: 'a-primary' } });
    await expect(kube.apply(Services, body)).rejects.toMatchObject({ status: 409, reason: 'Conflict' });
    const forced = await kube.apply(Services, body, { force: true });
    expect(forced).toMatchObject({ spec: { selector: { app: 'a-primary' }, ports: [{ port: 80 }] } });
  });

  test('what we created ourselves by POST is owned apart from what we apply', async () => {
    await kube.create(Services, service({ selector: { app: 'a' }, ports: [port(80, 'http')] }));
    await kube.apply(Services, service({ selector: { app: 'a' } }), { force: true });
    await kube.apply(Services, { metadata: { ...key } }, { force: true });
    expect(server.peek(Services, key)).toMatchObject({ spec: { selector: { app: 'a' } } });
  });

  test('a list element is merged by its key and keeps what others put into it', async () => {
    const nodePort = { ...port(80, 'http'), nodePort: 31_000 };
    await server.client('kubectl').create(Services, service({ type: 'NodePort', ports: [nodePort] }));
    await kube.apply(Services, service({ ports: [{ ...port(80, 'web'), protocol: 'TCP' }] }), {
      force: true,
    });
    expect(server.peek(Services, key)).toMatchObject({
      spec: { ports: [{ name: 'web', nodePort: 31_000 }] },
    });
  });

  test('a named resourceVersion makes it conditional', async () => {
    await kube.apply(Services, service({ selector: { app: 'a' } }));
    const body = { metadata: { ...key, resourceVersion: '1' }, spec: { selector: { app: 'b' } } };
    await expect(kube.apply(Services, body)).rejects.toMatchObject({ status: 409 });
  });

  test('Gateway API defaults appear as a real server fills them in', async () => {
    const rules = [{ backendRefs: [{ name: 'podinfo', port: 80 }] }];
    const route = await kube.create(HttpRoutes, { metadata: { ...key }, spec: { rules } });
    expect(route.spec).toEqual({
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ group: '', kind: 'Service', name: 'podinfo', port: 80, weight: 1 }],
        },
      ],
    });
  });
});

describe('deletion', () => {
  test('finalizers hold an object until the last one goes', async () => {
    await kube.create(Canaries, { metadata: { ...key, finalizers: ['siskin.dev/release'] } });
    await kube.delete(Canaries, key);
    expect(server.peek(Canaries, key)).toMatchObject({ metadata: { deletionTimestamp: expect.any(String) } });
    const added = kube.patch(Canaries, key, { metadata: { finalizers: ['siskin.dev/release', 'b'] } });
    await expect(added).rejects.toMatchObject({ status: 422 });
    await kube.patch(Canaries, key, { metadata: { finalizers: null } });
    expect(server.peek(Canaries, key)).toBeUndefined();
  });

  test.each(['at-once', 'manual'] as const)(
    'objects without owners are collected (%s)',
    async garbageCollection => {
      server = createMemoryKube({ garbageCollection });
      kube = server.client();
      const canary = await kube.create<KubeObject>(Canaries, { metadata: { ...key } });
      const ownerReferences = [
        { apiVersion: 'siskin.dev/v1beta1', kind: 'Canary', name: 'podinfo', uid: canary.metadata.uid ?? '' },
      ];
      await kube.create(Services, { metadata: { ...key, ownerReferences } });
      await kube.create(Services, { metadata: { ...key, name: 'free' } });
      await kube.delete(Canaries, key);
      expect(server.all(Services)).toHaveLength(garbageCollection === 'manual' ? 2 : 1);
      server.collectGarbage();
      expect(server.all(Services).map(({ metadata }) => metadata.name)).toEqual(['free']);
    },
  );
});

test('lists select by namespace, label and field', async () => {
  await kube.create(Services, { metadata: { ...key, labels: { app: 'a', tier: 'web' } } });
  await kube.create(Services, { metadata: { namespace: 'other', name: 'b', labels: { app: 'b' } } });
  const names = async (options: object) =>
    (await kube.list(Services, options)).map(({ metadata }) => metadata.name);
  expect(await names({})).toEqual(['podinfo', 'b']);
  expect(await names({ namespace: 'shop' })).toEqual(['podinfo']);
  expect(await names({ labelSelector: 'app=b' })).toEqual(['b']);
  expect(await names({ labelSelector: 'app,!tier' })).toEqual(['b']);
  expect(await names({ labelSelector: 'app!=b' })).toEqual(['podinfo']);
  expect(await names({ fieldSelector: 'metadata.name=podinfo' })).toEqual(['podinfo']);
});

test('an intercept may lose a request before it happens or its answer after', async () => {
  let lose: 'request' | 'answer' | undefined;
  server = createMemoryKube({
    intercept: async (_request, perform) => {
      if (lose === 'request') throw new Error('lost');
      const answer = perform();
      if (lose === 'answer') throw new Error('lost');
      return answer;
    },
  });
  kube = server.client();
  lose = 'request';
  await expect(kube.create(Services, service({}))).rejects.toThrow('lost');
  expect(server.all(Services)).toEqual([]);
  lose = 'answer';
  await expect(kube.create(Services, service({}))).rejects.toThrow('lost');
  expect(server.all(Services)).toHaveLength(1);
});
