/** Who may ask which server how: credentials, TLS, headers, and addresses that tenants must not reach. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AddressPolicy } from '../../src/http/address.ts';
import type { CheckRequest, MetricProviderSpec, Sample } from '../../src/metrics/port.ts';
import { createSampler } from '../../src/metrics/sampler.ts';
import { createAuthority, issueCertificate } from '../kind/lib/certificates.ts';
import { type FakePrometheus, startFakePrometheus } from './fake-prometheus.ts';

type Secrets = Record<string, Record<string, string>>;

let server: FakePrometheus;
let secrets: Secrets;
let now: number;
const samplers: { close(): void }[] = [];

beforeEach(async () => {
  server = await startFakePrometheus();
  secrets = {};
  now = 1_700_000_000_000;
});
afterEach(async () => {
  for (const sampler of samplers.splice(0)) sampler.close();
  await server.close();
});

function start(
  addresses: AddressPolicy = { allow: ['127.0.0.0/8'] },
): (provider: Partial<MetricProviderSpec['provider']>) => Promise<Sample> {
  const sampler = createSampler({
    readSecret(namespace, name) {
      const data = secrets[`${namespace}/${name}`];
      if (data === undefined) return Promise.resolve(undefined);
      return Promise.resolve(
        Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)])),
      );
    },
    clock: { now: () => now },
    addresses,
  });
  samplers.push(sampler);
  const request: CheckRequest = {
    metric: { name: 'custom' },
    names: {
      name: 'podinfo',
      namespace: 'shop',
      target: 'podinfo',
      service: 'podinfo',
      ingress: 'podinfo',
      route: 'podinfo',
    },
    port: 80,
    vantage: 'kubernetes',
    arm: 'canary',
    windowMs: 60_000,
    at: now,
  };
  return provider =>
    sampler.sample({
      ...request,
      template: {
        namespace: 'shop',
        name: 'custom',
        spec: { provider: { type: 'prometheus', address: server.url, ...provider }, query: 'up' },
      },
    });
}

function headerValues(name: string): string[] {
  const raw = server.seen.at(-1)?.rawHeaders ?? [];
  return raw.filter((_, index) => raw[index - 1]?.toLowerCase() === name && index % 2 === 1);
}

describe('credentials', () => {
  it('are a bearer token or a user with a password, read anew when they change', async () => {
    const sample = start();
    secrets['shop/prom'] = { token: 'first-token' };
    await sample({ secretRef: { name: 'prom' } });
    expect(headerValues('authorization')).toEqual(['Bearer first-token']);
    secrets['shop/prom'] = { username: 'u', password: 'p' };
    now += 10_000;
    await sample({ secretRef: { name: 'prom' } });
    expect(headerValues('authorization')).toEqual(['Basic dTpw']);
  });

  it('are sent once however many samples were taken before, whatever the headers say', async () => {
    const sample = start();
    secrets['shop/prom'] = { token: 'the-token' };
    const headers = { Authorization: ['Bearer other'], 'X-Scope-OrgID': ['shop', 'ops'] };
    for (let count = 0; count < 3; count += 1) await sample({ secretRef: { name: 'prom' }, headers });
    expect(headerValues('authorization')).toEqual(['Bearer the-token']);
    expect(headerValues('x-scope-orgid')).toEqual(['shop', 'ops']);
    expect(headers).toEqual({ Authorization: ['Bearer other'], 'X-Scope-OrgID': ['shop', 'ops'] });
  });

  it('never show up in what is told', async () => {
    const sample = start();
    secrets['shop/prom'] = { token: 'the-secret-token' };
    server.behave((request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      const error = `you sent ${request.headers.authorization} to ${server.url}`;
      response.end(JSON.stringify({ status: 'error', errorType: 'bad_data', error }));
    });
    const told = await sample({ secretRef: { name: 'prom' } });
    expect(told).toMatchObject({ kind: 'error', why: expect.stringContaining('you sent') });
    expect(JSON.stringify(told)).not.toContain('the-secret-token');
  });

  it('must exist', async () => {
    await expect(start()({ secretRef: { name: 'prom' } })).resolves.toEqual({
      kind: 'error',
      why: 'Secret shop/prom does not exist',
    });
    expect(server.seen).toHaveLength(0);
  });

  it.each([
    [{ Host: ['kubernetes'] }, /header Host may not be set/],
    [{ 'Metadata-Flavor': ['Google'] }, /header Metadata-Flavor may not be set/],
    [{ 'X-A': ['a\r\nX-B: b'] }, /a header of the provider is malformed/],
    [{ 'X A': ['a'] }, /a header of the provider is malformed/],
  ])('cannot be smuggled in: %j', async (headers, why) => {
    await expect(start()({ headers })).resolves.toEqual({ kind: 'error', why: expect.stringMatching(why) });
    expect(server.seen).toHaveLength(0);
  });
});

describe('TLS', () => {
  let folder: string;
  let secure: FakePrometheus;
  let ca: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'siskin-tls-'));
    const authority = await createAuthority(folder, 'test authority');
    const pair = await issueCertificate(folder, {
      name: 'server',
      commonName: 'prometheus',
      hosts: ['127.0.0.1'],
    });
    ca = readFileSync(authority.certFile, 'utf8');
    secure = await startFakePrometheus({
      cert: readFileSync(pair.certFile, 'utf8'),
      key: readFileSync(pair.keyFile, 'utf8'),
    });
  });
  afterAll(async () => {
    await secure.close();
    rmSync(folder, { recursive: true });
  });

  it("trusts the Secret's authority, and no unknown one unless told to", async () => {
    const sample = start();
    secrets['shop/prom'] = { 'ca.crt': ca };
    const address = secure.url;
    await expect(sample({ address, secretRef: { name: 'prom' } })).resolves.toMatchObject({ kind: 'value' });
    await expect(sample({ address })).resolves.toEqual({
      kind: 'error',
      why: expect.stringMatching(/TLS failed/),
    });
    await expect(sample({ address, insecureSkipVerify: true })).resolves.toMatchObject({ kind: 'value' });
    await expect(sample({ address })).resolves.toMatchObject({ kind: 'error' });
  });

  it('says so when the server speaks plain HTTP', async () => {
    const address = server.url.replace('http:', 'https:');
    await expect(start()({ address })).resolves.toEqual({
      kind: 'error',
      why: expect.stringMatching(/TLS failed/),
    });
  });
});

describe('addresses of tenants', () => {
  it.each([
    ['127.0.0.1', 'literal'],
    ['localhost', 'name'],
    ['2130706433', 'decimal'],
    ['0177.0.0.1', 'octal'],
    ['[::ffff:127.0.0.1]', 'IPv4 inside IPv6'],
  ])('%s (%s) is not connected to', async host => {
    const address = `http://${host}:${server.port}`;
    await expect(start({})({ address })).resolves.toEqual({
      kind: 'error',
      why: expect.stringMatching(/an address that tenants may not name/),
    });
    expect(server.connections()).toBe(0);
  });

  it('are connected to when the policy allows the name', async () => {
    const address = `http://localhost:${server.port}`;
    await expect(start({ allow: ['localhost'] })({ address })).resolves.toMatchObject({ kind: 'value' });
  });

  it('do not lead on to others by a redirect', async () => {
    const inner = await startFakePrometheus();
    server.behave((_, response) => response.writeHead(307, { location: `${inner.url}/api/v1/query` }).end());
    await expect(start()({})).resolves.toMatchObject({ kind: 'error' });
    await inner.close();
    expect(inner.connections()).toBe(0);
  });

  it('hold no credentials and no query', async () => {
    for (const address of ['http://u:hunter2@127.0.0.1', 'http://127.0.0.1/?a=hunter2', 'hunter2']) {
      const told = await start()({ address });
      expect(told).toMatchObject({ kind: 'error' });
      expect(JSON.stringify(told)).not.toContain('hunter2');
    }
  });
});
