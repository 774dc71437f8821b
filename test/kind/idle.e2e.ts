/** An idle Canary costs nothing: while nothing changes, the operator asks the API server for nothing but its Lease. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, startApp } from './e2e/app.ts';
import { operatorUser, operatorWhole } from './e2e/operator.ts';
import { auditEvents, getObject, stopLoad, waitFor } from './fixture.ts';

let app: App;

beforeAll(async () => {
  await operatorWhole();
  app = await startApp({ namespace: 'idle' });
  await waitFor('the target to be scaled down', async () => {
    const target = await getObject<{ spec: { replicas: number } }>('deployment', 'web', 'idle');
    return target?.spec.replicas === 0 ? true : undefined;
  });
  await stopLoad('idle');
  // Pods that leave and Events about them are the last news.
  await sleep(10_000);
});

afterAll(async () => {
  await app.remove();
});

it('for sixty seconds there is no request but for the Lease and watches that are renewed', async () => {
  const since = new Date();
  await sleep(60_000);
  const requests = (await auditEvents({ user: operatorUser, since })).filter(
    ({ verb, objectRef }) => verb !== 'watch' && objectRef?.resource !== 'leases',
  );
  expect(requests.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
});
