/** Probes and metrics over a real socket. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { createHealth } from './health.ts';
import { type HttpServer, startServer } from './http.ts';
import { createTelemetry } from './telemetry.ts';

let server: HttpServer | undefined;
const hooked: string[] = [];
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(
  watches: { resource: { plural: string }; synced: boolean; lastEventAt: number }[],
  now = 0,
  longestRunMs = 0,
  lagLimitMs = 60_000,
) {
  const telemetry = createTelemetry('1.2.3');
  const health = createHealth({
    watches,
    monotonicNow: () => now,
    longestRunMs: () => longestRunMs,
    onLag: telemetry.lag,
    lagLimitMs,
  });
  const { registry } = telemetry;
  server = await startServer({
    port: 0,
    host: '127.0.0.1',
    routes: {
      ...health,
      metrics: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
      hook({ repository, body }) {
        hooked.push(`${repository} ${body.length}`);
        return Promise.resolve(202);
      },
    },
  });
  const base = `http://127.0.0.1:${server.port}`;
  return { telemetry, get: async (path: string, method = 'GET') => fetch(`${base}${path}`, { method }) };
}

const watch = { resource: { plural: 'canaries' }, synced: true, lastEventAt: 0 };

it('is ready when every cache is', async () => {
  const { get } = await start([watch, { ...watch, resource: { plural: 'services' }, synced: false }]);
  const answer = await get('/readyz');
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('services');
  expect((await get('/healthz')).status).toBe(200);
});

it('FL-13: healthz fails when a watch is silent or a pass never ends', async () => {
  const silent = await start([watch], 700_000);
  const answer = await silent.get('/healthz');
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('canaries');
  await server?.close();
  const stuck = await start([watch], 0, 700_000);
  expect((await stuck.get('/healthz')).status).toBe(503);
});

it('FL-13: healthz fails when the loop is stuck', async () => {
  const { get } = await start([watch], 0, 0, 100);
  expect((await get('/healthz')).status).toBe(200);
  // The measurement begins anew with each probe, at its next tick.
  await setTimeout(200);
  // Nothing in this process turns meanwhile, as behind a runaway regular expression.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
  const answer = await get('/healthz');
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('event loop');
});

it('cuts a client that never finishes its request', async () => {
  await start([watch]);
  const socket = connect(server?.port ?? 0, '127.0.0.1');
  socket.write('GET /healthz HTTP/1.1\r\nX-Slow: ');
  socket.resume();
  await once(socket, 'close');
}, 30_000);

it('keeps no series of a Canary that is gone', async () => {
  const { telemetry, get } = await start([watch]);
  const canary = { namespace: 'shop', name: 'podinfo' };
  telemetry.canary.phase(canary, 'Progressing', 10);
  telemetry.canary.phase(canary, 'Failed', 0);
  const text = await (await get('/metrics')).text();
  expect(text).toContain('siskin_canary_phase{namespace="shop",name="podinfo",phase="Failed"} 1');
  expect(text).not.toContain('phase="Progressing"');
  telemetry.canary.forget(canary);
  expect(await (await get('/metrics')).text()).not.toContain('podinfo');
});

it('answers reads of what it knows and nothing else', async () => {
  const { get } = await start([watch]);
  expect((await get('/metrics', 'POST')).status).toBe(405);
  expect((await get('/admin')).status).toBe(404);
  expect((await get('/healthz?full=1')).status).toBe(200);
});

async function post(path: string, body: string): Promise<number | string> {
  return fetch(`http://127.0.0.1:${server?.port ?? 0}${path}`, { method: 'POST', body }).then(
    ({ status }) => status,
    () => 'cut off',
  );
}

it('hands what is posted to a repository to the webhook, up to a megabyte', async () => {
  await start([watch]);
  hooked.length = 0;
  expect(await post('/hooks/manifests?x=1', 'x'.repeat(1024 * 1024))).toBe(202);
  expect([413, 'cut off']).toContain(await post('/hooks/manifests', 'x'.repeat(3 * 1024 * 1024)));
  expect(await post('/hooks/../metrics', '')).toBe(405);
  expect(await post('/hooks/Not-A-Name', '')).toBe(405);
  expect(await post('/hooks/', '')).toBe(405);
  expect(hooked).toEqual(['manifests 1048576']);
});
