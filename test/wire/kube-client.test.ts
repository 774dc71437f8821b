import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Canaries, Deployments, Services } from '../../src/api/resources.ts';
import {
  ApiError,
  isAlreadyExists,
  isConflict,
  isNotFound,
  TransientError,
} from '../../src/runtime/errors.ts';
import { type ConnectedKubeClient, createKubeClient } from '../../src/runtime/kube.ts';
import type { KubeObject } from '../../src/runtime/port.ts';
import { createRedactor } from '../../src/runtime/redact.ts';
import { createAuthority, issueCertificate } from '../kind/lib/certificates.ts';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import type { Fault } from './fake-faults.ts';
import type { StoredObject } from './fake-store.ts';

const key = { namespace: 'shop', name: 'podinfo' };
const deployments = 'apps/v1/deployments';

let server: FakeApiServer;
let client: ConnectedKubeClient;
let counted: string[];

beforeEach(async () => {
  server = await startFakeApiServer();
  counted = [];
  client = connect();
});

afterEach(async () => {
  await client.close();
  await server[Symbol.asyncDispose]();
});

function connect(timeoutMs = 20_000): ConnectedKubeClient {
  return createKubeClient({
    kubeConfig: server.kubeConfig({ token: 'static-token' }),
    version: '1.2.3',
    timeoutMs,
    onRequest: ({ method, code }) => counted.push(`${method} ${code}`),
  });
}

function deployment(name = 'podinfo', spec: unknown = { replicas: 1 }): KubeObject & StoredObject {
  return { metadata: { namespace: 'shop', name }, spec };
}

function text(file: string): Promise<string> {
  return readFile(file, 'utf8');
}

async function failure(call: Promise<unknown>): Promise<Error> {
  const error: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof Error)) throw new Error('the call did not fail');
  return error;
}

describe('writes and reads', () => {
  it('creates, reads, patches, applies and deletes', async () => {
    const created = await client.create(Deployments, deployment());
    expect(created).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 1 } });
    await client.patch(Deployments, key, { status: { replicas: 3 } }, { subresource: 'status' });
    await client.patch(Deployments, key, { spec: { replicas: 2 } });
    await client.apply(Deployments, { ...deployment(), spec: { paused: true } }, { force: true });
    const read = await client.get(Deployments, key);
    expect(read).toMatchObject({ spec: { replicas: 2, paused: true }, status: { replicas: 3 } });
    await client.delete(Deployments, key);
    expect(await client.get(Deployments, key)).toBeUndefined();
  });

  it('speaks as siskin: user agent, field manager, content types', async () => {
    await client.apply(Deployments, deployment());
    await client.apply(Deployments, deployment(), { force: true });
    await client.patch(Deployments, key, {}, { subresource: 'scale' });
    const [apply, forced, patch] = server.requests;
    expect(apply?.headers).toMatchObject({
      'user-agent': 'siskin/1.2.3',
      'content-type': 'application/apply-patch+yaml',
      authorization: 'Bearer static-token',
    });
    expect(apply?.query.toString()).toBe('fieldManager=siskin');
    expect(JSON.parse(apply?.body ?? '')).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' });
    expect(forced?.query.get('force')).toBe('true');
    expect(patch?.path).toBe('/apis/apps/v1/namespaces/shop/deployments/podinfo/scale');
    expect(patch?.headers['content-type']).toBe('application/merge-patch+json');
    expect(counted).toEqual(['PATCH 200', 'PATCH 200', 'PATCH 200']);
  });

  it('makes writes conditional: moved versions, foreign uids and existing names are refused', async () => {
    const created = await client.create(Deployments, deployment());
    await client.patch(Deployments, key, { spec: { replicas: 5 } });
    const { resourceVersion } = created.metadata;
    const conflict = await failure(client.patch(Deployments, key, { metadata: { resourceVersion } }));
    expect(isConflict(conflict)).toBe(true);
    expect(isConflict(await failure(client.delete(Deployments, key, { uid: 'other' })))).toBe(true);
    expect(isAlreadyExists(await failure(client.create(Deployments, deployment())))).toBe(true);
    expect(isNotFound(await failure(client.delete(Services, key)))).toBe(true);
    expect(server.store.get(deployments, 'shop', 'podinfo')).toMatchObject({ spec: { replicas: 5 } });
  });

  it('refuses a name that would reach another path', async () => {
    expect((await failure(client.get(Deployments, { namespace: '..', name: 'x' }))).name).toBe(
      'TerminalError',
    );
    expect((await failure(client.get(Deployments, { name: 'x' }))).name).toBe('TerminalError');
    await client.get(Deployments, { namespace: 'a/../../b', name: 'x?y' });
    expect(server.requests.map(request => request.path)).toEqual([
      '/apis/apps/v1/namespaces/a%2F..%2F..%2Fb/deployments/x%3Fy',
    ]);
  });
});

describe('lists', () => {
  it('pages through a large collection and gives items their kind', async () => {
    for (let n = 0; n < 1_201; n++) server.store.create(deployments, deployment(`d${n}`));
    server.store.create(deployments, { metadata: { namespace: 'other', name: 'x', labels: { a: 'b' } } });
    const all = await client.list(Deployments, { namespace: 'shop' });
    expect(all).toHaveLength(1_201);
    expect(new Set(all.map(object => object.metadata.name)).size).toBe(1_201);
    expect(all[0]).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' });
    expect(server.requests).toHaveLength(3);
    expect(await client.list(Deployments, { labelSelector: 'a=b' })).toHaveLength(1);
  });

  it('starts over when the continue token expired, and sees each object once', async () => {
    for (let n = 0; n < 600; n++) server.store.create(deployments, deployment(`d${n}`));
    server.inject({ kind: 'status', status: 410 }, request => request.query.has('continue'));
    expect(await client.list(Deployments)).toHaveLength(600);
    expect(server.requests).toHaveLength(4);
  });
});

describe('faults', () => {
  const transient: readonly [string, Fault][] = [
    ['a reset connection', { kind: 'reset' }],
    ['a black hole', { kind: 'black-hole' }],
    ['a body that never ends', { kind: 'slow-body' }],
    ['200 that is no JSON', { kind: 'garbage' }],
    ['200 with a JSON scalar', { kind: 'garbage', body: 'null' }],
    ['a truncated answer', { kind: 'truncate' }],
    ['an endless answer', { kind: 'huge', bytes: 20 * 1_048_576 }],
  ];

  it.each(transient)('%s is a TransientError that names verb, resource and key', async (_name, fault) => {
    server.store.create(deployments, deployment());
    server.inject(fault);
    // Short only where the time limit is what must strike.
    const endless = fault.kind === 'black-hole' || fault.kind === 'slow-body';
    const impatient = connect(endless ? 500 : undefined);
    const error = await failure(impatient.get(Deployments, key));
    await impatient.close();
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toContain('get deployments.apps shop/podinfo: ');
    expect(await client.get(Deployments, key)).toBeDefined();
  });

  it('a refused connection is a TransientError and counted as <error>', async () => {
    const kubeConfig = server.kubeConfig();
    await server[Symbol.asyncDispose]();
    const orphan = createKubeClient({
      kubeConfig,
      version: '0',
      onRequest: ({ code }) => counted.push(code),
    });
    expect(await failure(orphan.get(Deployments, key))).toBeInstanceOf(TransientError);
    expect(counted).toEqual(['<error>']);
    await orphan.close();
    server = await startFakeApiServer();
  });

  it('tells status, reason and Retry-After of a refusal, and caps its message', async () => {
    server.inject({ kind: 'status', status: 429, retryAfter: '7' });
    const error = await failure(client.patch(Canaries, key, {}, { subresource: 'status' }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 429, reason: 'Injected', retryAfterMs: 7_000 });
    expect(error.message).toContain('patch canaries.siskin.dev/status shop/podinfo: 429 Injected');
    server.inject({ kind: 'status', status: 500, body: 'x'.repeat(1_000_000) });
    expect((await failure(client.get(Deployments, key))).message.length).toBeLessThan(1_200);
  });

  it('a write that was done but never answered is a TransientError; asking again finds it done', async () => {
    server.inject({ kind: 'apply-then-cut' });
    expect(await failure(client.create(Deployments, deployment()))).toBeInstanceOf(TransientError);
    expect(isAlreadyExists(await failure(client.create(Deployments, deployment())))).toBe(true);
  });
});

describe('connections and credentials', () => {
  it('reuses few connections for many requests', async () => {
    server.store.create(deployments, deployment());
    for (let round = 0; round < 25; round++) {
      await Promise.all(Array.from({ length: 20 }, () => client.get(Deployments, key)));
    }
    expect(server.requests).toHaveLength(500);
    expect(server.connections).toBeLessThanOrEqual(32);
  });

  it('reads a rotated token file again, at the latest after a 401, and hides tokens from the log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'siskin-token-'));
    const tokenFile = join(folder, 'token');
    try {
      await writeFile(tokenFile, 'first-token\n');
      server.tokens = new Set(['first-token']);
      const redactor = createRedactor();
      const kubeConfig = server.kubeConfig({ tokenFile });
      const pod = createKubeClient({ kubeConfig, version: '0', redactor });
      await pod.get(Deployments, key);
      await writeFile(`${tokenFile}.new`, 'second-token');
      await rename(`${tokenFile}.new`, tokenFile);
      server.tokens = new Set(['second-token']);
      await pod.create(Deployments, deployment());
      expect(server.store.list(deployments)).toHaveLength(1);
      expect(redactor.redact('first-token second-token')).toBe('*** ***');
      server.tokens = new Set(['third-token']);
      expect(await failure(pod.get(Deployments, key))).toMatchObject({ status: 401 });
      await pod.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('trusts only the given CA, proves itself by certificate, and opens new connections when that is renewed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'siskin-tls-'));
    const authority = await createAuthority(folder, 'test-ca');
    const host = await issueCertificate(folder, {
      name: 'server',
      commonName: 'localhost',
      hosts: ['localhost'],
    });
    const mine = await issueCertificate(folder, { name: 'client', commonName: 'siskin' });
    const other = await createAuthority(join(folder, 'other'), 'other-ca');
    const [ca, otherCa] = [await text(authority.certFile), await text(other.certFile)];
    const tls = { key: await text(host.keyFile), cert: await text(host.certFile), ca };
    const secure = await startFakeApiServer({ tls: { ...tls, requestCert: true } });
    const now = { ms: 0 };
    const kubeConfig = secure.kubeConfig({ certFile: mine.certFile, keyFile: mine.keyFile });
    const trusting = createKubeClient({ kubeConfig, version: '0', monotonicNow: () => now.ms });
    const stranger = createKubeClient({ kubeConfig: secure.kubeConfig({ ca: otherCa }), version: '0' });
    try {
      for (let n = 0; n < 50; n++) await trusting.get(Deployments, key);
      expect(new Set(secure.clients)).toEqual(new Set(['siskin']));
      await issueCertificate(folder, { name: 'client', commonName: 'siskin-renewed' });
      now.ms += 60_000;
      for (let n = 0; n < 50; n++) await trusting.get(Deployments, key);
      expect(new Set(secure.clients)).toEqual(new Set(['siskin', 'siskin-renewed']));
      expect(secure.clients.length).toBeLessThan(10);
      expect(await failure(stranger.get(Deployments, key))).toBeInstanceOf(TransientError);
    } finally {
      await Promise.all([trusting.close(), stranger.close()]);
      await secure[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    }
  });
});
