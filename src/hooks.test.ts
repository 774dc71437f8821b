/** From a webhook to the leader: the secret is the repository's own, bursts are one write, and guesses cost the API server nothing. */
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { createRepositoryHooks } from './hooks.ts';
import { ManualClock } from './runtime/manual-clock.ts';
import type { KubeObject } from './runtime/port.ts';

const secret = 'a-secret-of-the-repository';
const body = Buffer.from('{}');

function repository(spec: Record<string, unknown>): KubeObject {
  const url = 'https://git.example.com/acme/manifests.git';
  const allow = { namespaces: ['shop'], paths: ['apps/**'] };
  return {
    apiVersion: 'siskin.dev/v1beta1',
    kind: 'ManifestRepository',
    metadata: { name: 'manifests' },
    spec: { url, allow, ...spec },
  };
}

interface Options {
  readonly spec?: Record<string, unknown>;
  readonly data?: Record<string, Buffer>;
}

function start({
  spec = { secretRef: { name: 'write' } },
  data = { webhookSecret: Buffer.from(`${secret}\n`) },
}: Options = {}) {
  const clock = new ManualClock();
  const reads: string[] = [];
  const patches: unknown[] = [];
  const hooks = createRepositoryHooks({
    repositories: { get: ({ name }) => (name === 'manifests' ? repository(spec) : undefined) },
    readSecret(namespace, name) {
      reads.push(`${namespace}/${name}`);
      return Promise.resolve(data);
    },
    operatorNamespace: 'siskin-system',
    writeStatus(name, status) {
      patches.push([name, status]);
      return Promise.resolve();
    },
    clock,
    log: { warn: () => undefined },
  });
  const call = (key = secret, name = 'manifests') =>
    hooks({
      repository: name,
      headers: { 'x-gitea-signature': createHmac('sha256', key).update(body).digest('hex') },
      body,
    });
  return { clock, reads, patches, call };
}

it('notes the time in the status of the repository, and nothing else', async () => {
  const { clock, patches, call } = start();
  expect(await call()).toBe(202);
  const lastHookAt = new Date(clock.now()).toISOString();
  expect(patches).toEqual([['manifests', { lastHookAt }]]);
});

it('takes a burst for two: its first call at once, the others at its end', async () => {
  const { clock, patches, call } = start();
  for (let n = 0; n < 20; n += 1) expect(await call()).toBe(202);
  expect(patches).toHaveLength(1);
  await clock.advance(1_000);
  expect(patches).toHaveLength(2);
  await clock.advance(60_000);
  expect(patches).toHaveLength(2);
});

it('guesses are refused without a write, and with one read in ten seconds', async () => {
  const { clock, reads, patches, call } = start();
  for (let n = 0; n < 50; n += 1) expect(await call(`guess ${n}`)).toBe(401);
  expect(reads).toEqual(['siskin-system/write']);
  await clock.advance(10_000);
  await call('guess');
  expect(reads).toHaveLength(2);
  expect(patches).toEqual([]);
});

it.each([
  ['no Secret is named', { spec: {} }],
  ['the Secret has no such key', { data: {} }],
  ['the secret is empty', { data: { webhookSecret: Buffer.from('') } }],
  ['the secret is short', { data: { webhookSecret: Buffer.from('short') } }],
])('takes none where %s', async (_what, options: Options) => {
  const { patches, call } = start(options);
  expect(await call(options.data?.['webhookSecret']?.toString() ?? secret)).toBe(401);
  expect(patches).toEqual([]);
});

it('a name that is no repository reads nothing', async () => {
  const { reads, call } = start();
  expect(await call(secret, 'kube-root-ca')).toBe(401);
  expect(reads).toEqual([]);
});
