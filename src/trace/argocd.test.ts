/** What Argo CD's Applications tell of a workload, and what they do not. */
import { expect, test } from 'vitest';
import { createMemoryKube, type Intercept } from '../../test/memory/kube.ts';
import { ApiError } from '../runtime/errors.ts';
import { createArgoCdTracer } from './argocd.ts';
import { Applications } from './argocd-objects.ts';
import type { AppliedWorkload } from './port.ts';

const commit = 'b'.repeat(40);
const old = 'a'.repeat(40);
const url = 'https://git.example.com/acme/manifests.git';
const tracking = 'argocd.argoproj.io/tracking-id';
const listed = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web', status: 'Synced' };
const tracked: AppliedWorkload = {
  group: 'apps',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
  labels: {},
  annotations: { [tracking]: 'shop:apps/Deployment:shop/web' },
};
const source = { repoURL: url, targetRevision: 'main', path: 'apps/web' };

interface Setup {
  spec?: object;
  status?: object;
  annotations?: Record<string, string>;
  application?: { namespace: string; name: string };
  workload?: Partial<AppliedWorkload>;
  intercept?: Intercept;
}

async function setUp({ spec, status, annotations = {}, application, intercept }: Setup) {
  const kube = createMemoryKube(intercept === undefined ? {} : { intercept });
  const key = application ?? { namespace: 'argocd', name: 'shop' };
  const argocd = kube.client('argocd');
  await argocd.create(Applications, { metadata: { ...key, annotations }, spec: spec ?? { source } });
  const held = { resources: [listed], ...(status ?? { history: [{ revision: commit }] }) };
  await argocd.patch(Applications, key, { status: held }, { subresource: 'status' });
  return { kube, key, tracer: createArgoCdTracer({ kube: kube.client(), namespace: 'argocd' }) };
}

async function trace(setup: Setup) {
  const { tracer } = await setUp(setup);
  return tracer.trace({ ...tracked, ...setup.workload });
}

test('tells repository, branch, path and commit with the Application as evidence', async () => {
  expect(await trace({})).toEqual({
    told: true,
    sources: [
      {
        url,
        branch: 'main',
        paths: ['apps/web'],
        commit,
        confidence: 'High',
        evidence: `Application argocd/shop at ${commit}`,
      },
    ],
  });
});

const team = { namespace: 'team-a', name: 'shop' };

test.each<[string, Setup]>([
  [
    'an Application of another namespace by the annotation',
    { application: team, workload: { annotations: { [tracking]: 'team-a_shop:apps/Deployment:shop/web' } } },
  ],
  ['the instance label', { workload: { annotations: {}, labels: { 'app.kubernetes.io/instance': 'shop' } } }],
  [
    'the instance label with a namespace',
    {
      application: team,
      workload: { annotations: {}, labels: { 'app.kubernetes.io/instance': 'team-a_shop' } },
    },
  ],
])('%s is followed', async (_what, setup) => {
  const { namespace, name } = setup.application ?? { namespace: 'argocd', name: 'shop' };
  const evidence = `Application ${namespace}/${name} at ${commit}`;
  expect(await trace(setup)).toMatchObject({ sources: [{ commit, evidence }] });
});

function annotated(value: string): Setup {
  return { workload: { annotations: { [tracking]: value } } };
}

test.each<[string, Setup, string]>([
  ['an annotation copied from another object', annotated('shop:apps/Deployment:shop/other'), 'of its own'],
  ['an annotation copied from another namespace', annotated('shop:apps/Deployment:other/web'), 'of its own'],
  ['an annotation of another kind', annotated('shop:apps/StatefulSet:shop/web'), 'of its own'],
  ['no name in it', annotated(':apps/Deployment:shop/web'), 'of its own'],
  ['a name that is a path', annotated('../shop:apps/Deployment:shop/web'), 'of its own'],
  ['two namespaces in it', annotated('a_b_shop:apps/Deployment:shop/web'), 'of its own'],
  [
    'no Application of that name',
    annotated('other:apps/Deployment:shop/web'),
    'Application argocd/other does not exist',
  ],
  [
    "a Helm release's label",
    { workload: { annotations: {}, labels: { 'app.kubernetes.io/instance': 'my-release' } } },
    'Application argocd/my-release does not exist',
  ],
  [
    'an Application that does not list it',
    { status: { resources: [{ ...listed, name: 'other' }], history: [{ revision: commit }] } },
    'does not list Deployment web',
  ],
  [
    'an Application that lists it elsewhere',
    { status: { resources: [{ ...listed, namespace: 'other' }], history: [{ revision: commit }] } },
    'does not list Deployment web',
  ],
  [
    'an Application of an unknown form',
    { spec: { source: 'apps' } },
    'is of a form that Siskin does not know',
  ],
  ['a tag', { spec: { source: { ...source, targetRevision: 'refs/tags/v1' } } }, 'follows refs/tags/v1'],
  ['a range', { spec: { source: { ...source, targetRevision: '1.*' } } }, 'follows tags in the range 1.*'],
  [
    'a version',
    { spec: { source: { ...source, targetRevision: 'v1.2.3' } } },
    'follows tags in the range v1.2.3',
  ],
  ['a commit', { spec: { source: { ...source, targetRevision: commit } } }, `follows commit ${commit}`],
  [
    'a chart',
    { spec: { source: { repoURL: url, chart: 'web' } }, status: { history: [{ revision: '1.2.3' }] } },
    'charts or artifacts',
  ],
  ['no sync yet', { status: {} }, 'does not tell the commit'],
  ['no source at all', { spec: {} }, 'of each of its sources'],
  [
    'revisions of other sources',
    { spec: { sources: [source, source] }, status: { history: [{ revisions: [commit] }] } },
    'of each of its sources',
  ],
])('%s: not told', async (_what, setup, why) => {
  expect(await trace(setup)).toMatchObject({ told: false, why: expect.stringContaining(why) });
});

test.each<[string, object]>([
  ['', {}],
  ['HEAD', {}],
  ['env/prod', { branch: 'env/prod' }],
  ['refs/heads/1.2', { branch: '1.2' }],
  ['release-1.2', { branch: 'release-1.2' }],
])('the target revision %j', async (targetRevision, expected) => {
  const told = await trace({ spec: { source: { ...source, targetRevision } } });
  expect(told).toMatchObject({ told: true, sources: [expected] });
  if (Object.keys(expected).length === 0) expect(told).not.toHaveProperty('sources.0.branch');
});

const before = { history: [{ revision: 'c'.repeat(40) }, { revision: old }] };
const automated = { sync: { revision: commit } };

test.each<[string, object, string | undefined]>([
  ['a sync that is running', { phase: 'Running', operation: automated }, commit],
  [
    'a sync that is running and told',
    { phase: 'Running', operation: { sync: {} }, syncResult: { revision: commit } },
    commit,
  ],
  ['a sync that has not resolved its revision', { phase: 'Running', operation: { sync: {} } }, undefined],
  [
    'a sync that is done',
    { phase: 'Succeeded', operation: automated, syncResult: { revision: commit } },
    commit,
  ],
  [
    'a sync that failed before it applied anything',
    { phase: 'Error', operation: automated, syncResult: { revision: commit } },
    old,
  ],
  [
    'a sync that failed after it applied the workload',
    { phase: 'Failed', operation: automated, syncResult: { revision: commit, resources: [listed] } },
    commit,
  ],
  [
    'a sync of other resources',
    {
      phase: 'Succeeded',
      operation: { sync: { revision: commit, resources: [{ kind: 'ConfigMap', name: 'web' }] } },
      syncResult: { revision: commit, resources: [] },
    },
    old,
  ],
  [
    'a sync that heals this workload',
    {
      phase: 'Running',
      operation: {
        sync: { revision: commit, resources: [{ group: 'apps', kind: 'Deployment', name: 'web' }] },
      },
    },
    commit,
  ],
  [
    'a dry run',
    {
      phase: 'Succeeded',
      operation: { sync: { revision: commit, dryRun: true } },
      syncResult: { revision: commit },
    },
    old,
  ],
])('%s', async (_what, operationState, expected) => {
  const told = await trace({ status: { ...before, operationState } });
  expect(told).toMatchObject(expected === undefined ? { told: false } : { sources: [{ commit: expected }] });
});

test('what was compared counts only where the cluster equals it', async () => {
  const status = { sync: { status: 'Synced', revision: commit } };
  expect(await trace({ status })).toMatchObject({ sources: [{ commit }] });
  expect(await trace({ status: { sync: { status: 'OutOfSync', revision: commit } } })).toMatchObject({
    told: false,
  });
});

function refuse(status: number): Intercept {
  return async ({ manager, verb }, perform) => {
    if (manager === 'siskin' && verb === 'get') throw new ApiError('refused', { status });
    return perform();
  };
}

test('without the right to read, nothing is told; another refusal is passed on', async () => {
  expect(await trace({ intercept: refuse(403) })).toEqual({
    told: false,
    why: 'Siskin may not read Application argocd/shop',
  });
  await expect(trace({ intercept: refuse(503) })).rejects.toThrow('refused');
});

test('asks nobody about a workload that Argo CD does not claim', async () => {
  const { kube, tracer } = await setUp({});
  const before = kube.requests.length;
  const unclaimed = { ...tracked, annotations: {} };
  expect(tracer.isClaimed(unclaimed)).toBe(false);
  await tracer.trace(unclaimed);
  await tracer.nudge(unclaimed, 0);
  expect(kube.requests).toHaveLength(before);
});

test('a nudge asks for a refresh, of a hydrated Application for rendering too, and nothing of one that does not list the workload', async () => {
  const plain = await setUp({});
  await plain.tracer.nudge(tracked, 0);
  expect(plain.kube.peek(Applications, plain.key)?.metadata.annotations).toEqual({
    'argocd.argoproj.io/refresh': 'normal',
  });
  const dry = await setUp({ spec: { sourceHydrator: { drySource: source } } });
  await dry.tracer.nudge(tracked, 0);
  expect(dry.kube.peek(Applications, dry.key)?.metadata.annotations).toEqual({
    'argocd.argoproj.io/refresh': 'normal',
    'argocd.argoproj.io/hydrate': 'normal',
  });
  const foreign = await setUp({ status: { resources: [] } });
  await foreign.tracer.nudge(tracked, 0);
  expect(foreign.kube.peek(Applications, foreign.key)?.metadata.annotations).toEqual({});
});
