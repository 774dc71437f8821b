/** The shared HTTP client on real sockets: what it sends, what it refuses, and that its errors tell nothing they should not. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAddressGuard } from '../../src/http/address.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../src/http/client.ts';
import { HttpError } from '../../src/http/error.ts';
import { createAuthority, issueCertificate } from '../kind/lib/certificates.ts';
import { answerJson, type FakePrometheus, startFakePrometheus } from './fake-prometheus.ts';

let server: FakePrometheus;
const clients: HttpClient[] = [];

beforeEach(async () => {
  server = await startFakePrometheus();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

function start(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({ timeoutMs: 5_000, maxBytes: 10_000, ...options });
  clients.push(client);
  return client;
}

async function errorOf(work: Promise<unknown>): Promise<HttpError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HttpError)) throw new Error(`not an HttpError: ${String(error)}`);
  return error;
}

describe('the HTTP client', () => {
  it('sends JSON and gives back status, headers and parsed data', async () => {
    server.behave((_, response) => answerJson(response, 201, { id: 7 }));
    const answer = await start().request({
      method: 'POST',
      url: `${server.url}/x`,
      headers: { authorization: 'Bearer a', 'x-many': ['1', '2'] },
      data: { text: 'hello' },
    });
    expect(answer).toMatchObject({
      status: 201,
      data: { id: 7 },
      headers: { 'content-type': 'application/json' },
    });
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer a', 'x-many': '1, 2' },
    });
  });

  it('rejects other statuses unless told, with the time to wait', async () => {
    server.behave((_, response) => {
      response.setHeader('retry-after', '30');
      answerJson(response, 429, { token: 'hunter2' });
    });
    const url = `${server.url}/services/T0/hunter2?token=hunter2`;
    const error = await errorOf(
      start().request({ method: 'GET', url, headers: { authorization: 'hunter2' } }),
    );
    expect(error).toMatchObject({ kind: 'status', status: 429, retryAfterMs: 30_000 });
    expect(JSON.stringify(error) + String(error.stack)).not.toContain('hunter2');
    const accepted = await start().request({ method: 'GET', url, acceptStatus: status => status === 429 });
    expect(accepted).toMatchObject({ status: 429, data: { token: 'hunter2' } });
  });

  it('follows no redirect, even when every status is an answer', async () => {
    server.behave((_, response) => response.writeHead(301, { location: '/y' }).end());
    const request = { method: 'GET', url: server.url, acceptStatus: () => true } as const;
    await expect(errorOf(start().request(request))).resolves.toMatchObject({ kind: 'redirect', status: 301 });
    expect(server.seen).toHaveLength(1);
  });

  it('limits time and size, and stops when it is told', async () => {
    const get = { method: 'GET', url: server.url } as const;
    server.behave(() => undefined);
    await expect(errorOf(start({ timeoutMs: 100 }).request(get))).resolves.toMatchObject({ kind: 'timeout' });
    const controller = new AbortController();
    const pending = errorOf(start().request({ ...get, signal: controller.signal }));
    controller.abort();
    await expect(pending).resolves.toMatchObject({ kind: 'aborted' });
    server.behave((_, response) => response.end('x'.repeat(20_000)));
    await expect(errorOf(start().request(get))).resolves.toMatchObject({ kind: 'tooLarge' });
  });

  it.each(['ftp://x', 'nonsense', 'http://u:hunter2@127.0.0.1/'])('refuses the URL %s', async url => {
    const error = await errorOf(start().request({ method: 'GET', url }));
    expect(error).toMatchObject({ kind: 'invalid' });
    expect(error.message).not.toContain('hunter2');
  });

  it('asks the guard for names and literal addresses alike', async () => {
    const guarded = start({ guard: createAddressGuard({}) });
    for (const host of ['127.0.0.1', 'localhost']) {
      const error = await errorOf(guarded.request({ method: 'GET', url: `http://${host}:${server.port}/` }));
      expect(error).toMatchObject({ kind: 'forbiddenAddress' });
    }
    const rebound = createAddressGuard({}, toLoopback);
    const url = `http://innocent.example:${server.port}/`;
    const error = await errorOf(start({ guard: rebound }).request({ method: 'GET', url }));
    expect(error).toMatchObject({ kind: 'forbiddenAddress' });
    expect(server.connections()).toBe(0);
  });
});

function toLoopback(
  _: string,
  done: (error: null, found: { address: string; family: number }[]) => void,
): void {
  done(null, [{ address: '127.0.0.1', family: 4 }]);
}

describe('a proxy', () => {
  it('is used when given, and never taken from the environment', async () => {
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1');
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1');
    await expect(start().request({ method: 'GET', url: server.url })).resolves.toMatchObject({ status: 200 });
    const proxied = start({ proxy: server.url });
    const get = { method: 'GET', url: 'http://chat.invalid/hook' } as const;
    await expect(proxied.request(get)).resolves.toMatchObject({ status: 200 });
    expect(server.seen[1]).toMatchObject({ path: '/hook', headers: { host: 'chat.invalid' } });
    const tunnelled = errorOf(proxied.request({ method: 'GET', url: 'https://chat.invalid/hook' }));
    await expect(tunnelled).resolves.toMatchObject({
      message: 'https://chat.invalid: the proxy refused the connection',
    });
    vi.unstubAllEnvs();
  });

  it('tunnels TLS, which is verified end to end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'siskin-tls-'));
    const authority = await createAuthority(folder, 'test authority');
    const pair = await issueCertificate(folder, {
      name: 'chat',
      commonName: 'chat',
      hosts: ['chat.invalid'],
    });
    const [cert, key] = [readFileSync(pair.certFile, 'utf8'), readFileSync(pair.keyFile, 'utf8')];
    const secure = await startFakePrometheus({ cert, key });
    const proxy = http.createServer().on('connect', (_, client) => {
      const tunnel = connect(secure.port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
      tunnel.pipe(client).pipe(tunnel);
      tunnel.on('error', () => client.destroy());
      client.on('error', () => tunnel.destroy());
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const bound = proxy.address();
    const address = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
    const get = { method: 'GET', url: 'https://chat.invalid/hook' } as const;
    const ca = readFileSync(authority.certFile, 'utf8');
    await expect(start({ proxy: address, ca }).request(get)).resolves.toMatchObject({ status: 200 });
    await expect(errorOf(start({ proxy: address }).request(get))).resolves.toMatchObject({ kind: 'tls' });
    proxy.close();
    await secure.close();
    rmSync(folder, { recursive: true });
  });

  it('passes the guard by its checked address', async () => {
    const get = { method: 'GET', url: 'http://chat.invalid/hook' } as const;
    const loopback = `http://proxy.example:${server.port}`;
    const refused = start({ proxy: loopback, guard: createAddressGuard({}, toLoopback) });
    await expect(errorOf(refused.request(get))).resolves.toMatchObject({ kind: 'forbiddenAddress' });
    expect(server.connections()).toBe(0);
    const allowed = start({
      proxy: loopback,
      guard: createAddressGuard({ allow: ['127.0.0.1'] }, toLoopback),
    });
    await expect(allowed.request(get)).resolves.toMatchObject({ status: 200 });
  });

  it.each(['https://proxy', 'socks5://proxy', 'http://u:p@proxy', 'proxy:80'])('%s is refused', proxy => {
    expect(() => start({ proxy })).toThrow(HttpError);
  });
});
