/** Probes and metrics over a real socket. */
import { afterEach, expect, it } from 'vitest';
import { createHealth } from './health.ts';
import { type HttpServer, startServer } from './http.ts';
import { createTelemetry } from './telemetry.ts';

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(
  watches: { resource: { plural: string }; synced: boolean; lastEventAt: number }[],
  now = 0,
  longestRunMs = 0,
) {
  const telemetry = createTelemetry('1.2.3');
  const health = createHealth({
    watches,
    monotonicNow: () => now,
    longestRunMs: () => longestRunMs,
    onLag: telemetry.lag,
  });
  const { registry } = telemetry;
  server = await startServer({
    port: 0,
    host: '127.0.0.1',
    routes: {
      ...health,
      metrics: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
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
