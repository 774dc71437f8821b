/** A namespace of its own on the real API server, Siskin's client, and a user who is another field manager. */
import { randomUUID } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import { inject } from 'vitest';
import { apiVersionOf, Canaries } from '../../src/api/resources.ts';
import { createKubeClient } from '../../src/runtime/kube.ts';
import type { Cache, KubeClient, KubeObject, ObjectKey, Resource } from '../../src/runtime/port.ts';
import { type Answer, connect } from './crd-client.ts';
import { spec } from './crd-objects.ts';

export interface World {
  readonly namespace: string;
  readonly kube: KubeClient;
  /** How many requests Siskin's client has made. */
  requests(): number;
  /** A cache which knows what was written through it, and what `refresh` is told to look at. */
  cache(resource: Resource): Cache<KubeObject> & { refresh(name: string): Promise<KubeObject> };
  user: {
    create(resource: Resource, object: KubeObject): Promise<KubeObject>;
    patch(resource: Resource, name: string, body: unknown, subresource?: string): Promise<KubeObject>;
    get(resource: Resource, name: string): Promise<KubeObject>;
  };
  /** The Canary that owns what is made; the same for the whole namespace. */
  readonly canary: { readonly namespace: string; readonly name: string; readonly uid: string };
  close(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const namespace = `world-${randomUUID().slice(0, 8)}`;
  const raw = connect(inject('apiServer'));
  let count = 0;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(inject('kubeconfig'));
  const kube = createKubeClient({ kubeConfig, version: 'test', onRequest: () => (count += 1) });

  function pathOf(resource: Resource, name = ''): string {
    const base = resource.group === '' ? '/api/v1' : `/apis/${resource.group}/${resource.version}`;
    return `${base}/${resource.namespaced ? `namespaces/${namespace}/` : ''}${resource.plural}/${name}`;
  }

  const user: World['user'] = {
    create: async (resource, object) => {
      const typed = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
      return objectIn(await raw.ask('POST', pathOf(resource).slice(0, -1), typed));
    },
    patch: async (resource, name, body, subresource) => {
      const path = pathOf(resource, name) + (subresource === undefined ? '' : `/${subresource}`);
      return objectIn(await raw.ask('PATCH', path, body));
    },
    get: async (resource, name) => objectIn(await raw.ask('GET', pathOf(resource, name))),
  };

  await raw.ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const name = 'podinfo';
  const { metadata } = await user.create(Canaries, { metadata: { name }, spec: spec.canary() });

  return {
    namespace,
    kube,
    requests: () => count,
    cache: resource => {
      const held = new Map<string, KubeObject>();
      const observe = (object: KubeObject) => void held.set(object.metadata.name, object);
      return {
        get: (key: ObjectKey) => held.get(key.name),
        list: () => [...held.values()],
        observe,
        refresh: async named => {
          const object = await user.get(resource, named);
          observe(object);
          return object;
        },
      };
    },
    user,
    canary: { namespace, name, uid: metadata.uid ?? '' },
    close: async () => {
      await Promise.all([raw.close(), kube.close()]);
    },
  };
}

function objectIn({ status, body }: Answer): KubeObject {
  const { metadata } = body;
  if (status >= 400 || typeof metadata !== 'object' || metadata === null || !('name' in metadata)) {
    throw new Error(`status ${status}: ${body.message ?? 'not an object'}`);
  }
  return { ...body, metadata: { ...metadata, name: String(metadata.name) } };
}
