/** Deleting: behind a gateway the application goes on serving without its Canary, and a namespace goes with everything in it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, appName, startApp } from './e2e/app.ts';
import { unexplainedFailures } from './e2e/shares.ts';
import { getObject, kubectl, waitFor } from './fixture.ts';

let app: App;

beforeAll(async () => {
  app = await startApp({ namespace: 'deletion' });
});

afterAll(async () => {
  await app.remove();
});

it('in the middle of a run the requests end on the target that is left, and none fails', async () => {
  await app.release({ version: '1.1.0' });
  await app.canary.until('traffic on the canary', status => (status.canaryWeight ?? 0) > 0);
  await kubectl(['-n', app.namespace, 'delete', 'canary.siskin.dev', appName, '--timeout=60s']);
  // Nobody judges 1.1.0 any more, but it is what the target holds.
  await app.allFrom('1.1.0');
  await waitFor('what Siskin made to go', async () => {
    const left = await kubectl(['-n', app.namespace, 'get', 'deployments', '-o', 'name']);
    return left.trim() === `deployment.apps/${appName}` ? true : undefined;
  });
  const route = await getObject<{ spec: { rules: { backendRefs: { name: string }[] }[] } }>(
    'httproute',
    appName,
    app.namespace,
  );
  expect(route?.spec.rules.map(({ backendRefs }) => backendRefs.map(({ name }) => name))).toEqual([
    [appName],
  ]);
  await app.allFrom('1.1.0');
  expect(unexplainedFailures(await app.seconds())).toEqual({});
});

it('a namespace with a Canary in the middle of its run goes', async () => {
  const other = await startApp({ namespace: 'deletion-namespace' });
  await other.release({ version: '1.1.0' });
  await other.canary.until('traffic on the canary', status => (status.canaryWeight ?? 0) > 0);
  other.canary.stop();
  await other.remove();
  expect(await getObject('namespace', 'deletion-namespace')).toBeUndefined();
});
