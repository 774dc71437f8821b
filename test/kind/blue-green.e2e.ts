/** The example `blue-green` as it stands: adopts a Service under load, and its users meet no bad release and no gap. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyFolder, exampleFiles, withTag } from './e2e/example.ts';
import { condition, type Followed, follow } from './e2e/follow.ts';
import { loadReleases } from './e2e/releases.ts';
import { unexplainedFailures } from './e2e/shares.ts';
import {
  apply,
  deleteNamespace,
  demoService,
  getObject,
  kubectl,
  loadStats,
  namespaceObject,
  rolledOut,
  startLoad,
  stopLoad,
  summarize,
  waitFor,
} from './fixture.ts';

type Service = { spec: { clusterIP: string; selector: Record<string, string> } };

const namespace = 'shop';
const name = 'catalogue';
const users = 'blue-green-users';
const rate = 40;
const files = exampleFiles('blue-green');
let canary: Followed;
let clusterIP = '';

/** The Deployment alone, as it was before anybody thought of Siskin. */
const withoutSiskin = {
  'deployment.yaml': files['deployment.yaml'] ?? '',
  'kustomization.yaml': (files['kustomization.yaml'] ?? '').replace(
    / {2}- (metric-template|canary)\.yaml\n/gu,
    '',
  ),
};

beforeAll(async () => {
  await loadReleases();
  await deleteNamespace(namespace);
  await apply([namespaceObject(namespace), demoService(namespace, name)]);
  await applyFolder(withTag(withoutSiskin, '1.0.0'));
  await rolledOut(name, namespace);
  clusterIP = (await service())?.spec.clusterIP ?? '';
  await startLoad({ stream: users, rate, ...direct(name) });
  await waitFor('answers', async () => ((await answers()).share('1.0.0') > 0 ? true : undefined));
  await startLoad({ stream: users, rate, ...direct(name) });
  canary = await follow(namespace, name);
});

afterAll(async () => {
  canary.stop();
  for (const stream of [users, 'test-requests']) await stopLoad(stream).catch(() => {});
  await deleteNamespace(namespace);
});

/** A connection for each request: kept ones would stay with the pod they reached first, whatever the Service selects. */
function direct(service: string): { host: string; url: string; headers: Record<string, string> } {
  const host = `${service}.${namespace}.svc`;
  return { host, url: `http://${host}:9898`, headers: { connection: 'close' } };
}

function service(): Promise<Service | undefined> {
  return getObject<Service>('service', name, namespace);
}

async function answers(since = 0): Promise<ReturnType<typeof summarize>> {
  return summarize(await loadStats({ stream: users, since }));
}

async function failures(): Promise<Record<string, number>> {
  return unexplainedFailures((await loadStats({ stream: users })).seconds);
}

async function allFrom(version: string): Promise<void> {
  await waitFor(`all answers to come from ${version}`, async () => {
    const summary = await answers(Math.floor(Date.now() / 1_000) - 2);
    return summary.answered >= rate && summary.share(version) === 1 ? true : undefined;
  });
}

it('adopts the Service that was there, with its address, and no request fails', async () => {
  await applyFolder(withTag(files, '1.0.0'));
  await canary.phase('Initialized', 90_000);
  const adopted = await service();
  expect(adopted?.spec).toMatchObject({ clusterIP, selector: { app: `${name}-primary` } });
  await waitFor('the target to be scaled down', async () => {
    const target = await getObject<{ spec: { replicas: number } }>('deployment', name, namespace);
    return target?.spec.replicas === 0 ? true : undefined;
  });
  await allFrom('1.0.0');
  expect(await failures()).toEqual({});
});

it('holds while nothing is sent to the new version, and promotes it on what test requests show', async () => {
  const end = canary.runOf(() => applyFolder(withTag(files, '1.1.0')));
  const held = await canary.until('a run that holds', ({ run }) => run?.undecidedKind === 'noData');
  expect(held).toMatchObject({ phase: 'Progressing', reason: 'NoData', iterations: 0 });
  await startLoad({ stream: 'test-requests', rate: 20, ...direct(`${name}-canary`) });
  expect(await end).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
  await allFrom('1.1.0');
  expect(await failures()).toEqual({});
});

it('shows its users nothing of a bad version', async () => {
  const end = await canary.runOf(() => applyFolder(withTag(files, '1.2.0')));
  expect(end).toMatchObject({ phase: 'Failed', reason: 'ChecksFailed', failedChecks: 2 });
  await allFrom('1.1.0');
  expect(Object.keys((await answers()).versions).sort()).toEqual(['1.0.0', '1.1.0']);
  expect(await failures()).toEqual({});
  const back = canary.until('Ready', status => condition(status, 'Ready') === 'True');
  await applyFolder(withTag(files, '1.1.0'));
  expect((await back).run?.id).toBe(end.run?.id);
});

it('leaves the application serving on its own when the Canary is deleted', async () => {
  await kubectl(['-n', namespace, 'delete', 'canary.siskin.dev', name, '--timeout=60s']);
  expect((await service())?.spec).toMatchObject({ clusterIP, selector: { app: name } });
  await waitFor('the primary and its Services to go', async () => {
    const left = await kubectl(['-n', namespace, 'get', 'deployments,services', '-o', 'name']);
    return left.trim().split('\n').length === 2 ? left : undefined;
  });
  await allFrom('1.1.0');
  expect(await failures()).toEqual({});
});
