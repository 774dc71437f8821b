/** What Flux's objects tell of a workload, and what they do not. */
import { expect, test } from 'vitest';
import { createMemoryKube, type Intercept } from '../../test/memory/kube.ts';
import { ApiError, isConflict } from '../runtime/errors.ts';
import { createFluxTracer } from './flux.ts';
import { GitRepositories, Kustomizations } from './flux-objects.ts';
import type { AppliedWorkload } from './port.ts';

const old = 'a'.repeat(40);
const commit = 'b'.repeat(40);
const apps = { namespace: 'flux-system', name: 'apps' };
const manifests = { namespace: 'flux-system', name: 'manifests' };
const origin = 'config.kubernetes.io/origin';
const claimed: AppliedWorkload = {
  group: 'apps',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
  labels: {
    'kustomize.toolkit.fluxcd.io/name': 'apps',
    'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
  },
  annotations: {},
};

interface Setup {
  kustomization?: Record<string, unknown> | null;
  kustomizationStatus?: Record<string, unknown>;
  source?: Record<string, unknown> | null;
  workload?: Partial<AppliedWorkload>;
  intercept?: Intercept;
}

const listed = { inventory: { entries: [{ id: 'shop_web_apps_Deployment', v: 'v1' }] } };

async function setUp(setup: Setup) {
  const kube = createMemoryKube(setup.intercept === undefined ? {} : { intercept: setup.intercept });
  const flux = kube.client('flux');
  if (setup.kustomization !== null) {
    const spec = {
      path: './apps/web/',
      sourceRef: { kind: 'GitRepository', name: 'manifests' },
      ...setup.kustomization,
    };
    await flux.create(Kustomizations, { metadata: apps, spec });
    const status = {
      lastAppliedRevision: `main@sha1:${commit}`,
      lastAttemptedRevision: `main@sha1:${commit}`,
      ...listed,
      ...setup.kustomizationStatus,
    };
    await flux.patch(Kustomizations, apps, { status }, { subresource: 'status' });
  }
  if (setup.source !== null) {
    const spec = {
      url: 'https://git.example.com/acme/manifests.git',
      ref: { branch: 'main' },
      ...setup.source,
    };
    await flux.create(GitRepositories, { metadata: manifests, spec });
  }
  return { kube, tracer: createFluxTracer({ kube: kube.client() }) };
}

async function trace(setup: Setup) {
  const { tracer } = await setUp(setup);
  return tracer.trace({ ...claimed, ...setup.workload });
}

test('tells repository, branch, path and commit with the Kustomization as evidence', async () => {
  expect(await trace({})).toEqual({
    told: true,
    sources: [
      {
        url: 'https://git.example.com/acme/manifests.git',
        branch: 'main',
        paths: ['apps/web'],
        commit,
        confidence: 'High',
        evidence: `Kustomization flux-system/apps at main@sha1:${commit}`,
      },
    ],
  });
});

const pinned = { commit: undefined, name: undefined, semver: undefined, tag: undefined, branch: 'main' };

test.each<[string, Setup, string]>([
  ['no labels', { workload: { labels: { app: 'web' } } }, 'Flux did not apply it'],
  ['no Kustomization', { kustomization: null }, 'Kustomization flux-system/apps does not exist'],
  [
    'a Kustomization that cannot be read',
    { kustomization: { sourceRef: 'apps' } },
    'is of a form that Siskin does not know',
  ],
  ['labels copied to another object', { workload: { name: 'web-primary' } }, 'does not list'],
  ['an object of the same name elsewhere', { workload: { namespace: 'other' } }, 'does not list'],
  ['an empty inventory', { kustomizationStatus: { inventory: { entries: [] } } }, 'does not list'],
  [
    'an OCIRepository',
    { kustomization: { sourceRef: { kind: 'OCIRepository', name: 'apps' } } },
    'OCIRepository flux-system/apps does not exist',
  ],
  [
    'a Bucket',
    { kustomization: { sourceRef: { kind: 'Bucket', name: 'apps' } } },
    'is made from Bucket apps, which names no commit',
  ],
  ['no GitRepository', { source: null }, 'GitRepository flux-system/manifests does not exist'],
  [
    'a source in another namespace',
    { kustomization: { sourceRef: { kind: 'GitRepository', name: 'manifests', namespace: 'team' } } },
    'GitRepository team/manifests does not exist',
  ],
  ['a tag', { source: { ref: { ...pinned, tag: 'v1.0.0' } } }, 'follows tag v1.0.0'],
  ['a range of tags', { source: { ref: { ...pinned, semver: '>=1.0' } } }, 'follows tags in the range >=1.0'],
  ['a commit', { source: { ref: { ...pinned, commit } } }, `follows commit ${commit}`],
  [
    'a pull request',
    { source: { ref: { ...pinned, name: 'refs/pull/1/head' } } },
    'follows refs/pull/1/head',
  ],
  [
    'no revision yet',
    { kustomizationStatus: { lastAppliedRevision: null, lastAttemptedRevision: null } },
    'does not tell the commit',
  ],
])('%s: not told', async (_what, setup, why) => {
  const answer = await trace(setup);
  expect(answer).toMatchObject({ told: false, why: expect.stringContaining(why) });
});

test.each<[string, Setup, object]>([
  ['a branch by its full name', { source: { ref: { name: 'refs/heads/env/prod' } } }, { branch: 'env/prod' }],
  ['no reference', { source: { ref: {} } }, { branch: 'master' }],
  ['the root by no path', { kustomization: { path: undefined } }, { paths: [''] }],
  ['the root by a dot', { kustomization: { path: './' } }, { paths: [''] }],
  [
    'one application of many by the file that kustomize noted',
    {
      kustomization: { path: './apps' },
      workload: { annotations: { [origin]: 'path: web/deployment.yaml\n' } },
    },
    { paths: ['apps/web'], confidence: 'High' },
  ],
  [
    'a base elsewhere, which narrows nothing',
    { workload: { annotations: { [origin]: 'path: ../../base/deployment.yaml\n' } } },
    { paths: ['apps/web'] },
  ],
  [
    'values from elsewhere',
    { kustomization: { postBuild: { substituteFrom: [{ kind: 'ConfigMap' }] } } },
    { confidence: 'Medium' },
  ],
  ['values of its own', { kustomization: { postBuild: { substitute: { a: 'b' } } } }, { confidence: 'High' }],
  ['components', { kustomization: { components: ['../shared'] } }, { confidence: 'Medium' }],
])('%s', async (_what, setup, expected) => {
  expect(await trace(setup)).toMatchObject({ told: true, sources: [expected] });
});

test.each([
  [`main@sha1:${commit}`, commit],
  [`feature/x@sha1:${commit}`, commit],
  [`sha1:${commit}`, commit],
  [`main@sha256:${'c'.repeat(64)}`, 'c'.repeat(64)],
  [`main/${commit}`, commit],
  [`feature/x/${commit}`, commit],
  [commit, commit],
])('the revision %s names a commit', async (lastAttemptedRevision, expected) => {
  expect(await trace({ kustomizationStatus: { lastAttemptedRevision } })).toMatchObject({
    sources: [{ commit: expected }],
  });
});

test.each(['6.1.8', `latest@sha256:${commit}`, 'main@sha1:abc', `main@md5:${commit}`, ''])(
  'the revision %j names none',
  async revision => {
    const kustomizationStatus = { lastAttemptedRevision: revision, lastAppliedRevision: revision };
    expect(await trace({ kustomizationStatus })).toMatchObject({ told: false });
  },
);

test.each([
  ['counts before its health checks are through', { type: 'Ready', reason: 'Progressing' }, commit],
  ['counts when they fail', { type: 'Ready', reason: 'HealthCheckFailed' }, commit],
  ['does not count where it could not be built', { type: 'Ready', reason: 'BuildFailed' }, old],
])('the attempted revision %s', async (_what, condition, expected) => {
  const kustomizationStatus = { lastAppliedRevision: `main@sha1:${old}`, conditions: [condition] };
  expect(await trace({ kustomizationStatus })).toMatchObject({ sources: [{ commit: expected }] });
});

test('what was built last counts where the newest commit cannot be built', async () => {
  const kustomizationStatus = {
    lastAppliedRevision: `main@sha1:${'c'.repeat(40)}`,
    conditions: [{ type: 'Ready', reason: 'BuildFailed' }],
    history: [{ lastReconciledStatus: 'HealthCheckFailed', metadata: { revision: `main@sha1:${old}` } }],
  };
  expect(await trace({ kustomizationStatus })).toMatchObject({ sources: [{ commit: old }] });
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
    why: 'Siskin may not read Kustomization flux-system/apps',
  });
  await expect(trace({ intercept: refuse(503) })).rejects.toThrow('refused');
});

test('asks nobody about a workload that Flux does not claim', async () => {
  const { kube, tracer } = await setUp({ kustomization: null, source: null });
  const unclaimed = { ...claimed, labels: {} };
  expect(tracer.isClaimed(unclaimed)).toBe(false);
  expect(tracer.isClaimed(claimed)).toBe(true);
  await tracer.trace(unclaimed);
  await tracer.nudge(unclaimed, 0);
  expect(kube.requests).toEqual([]);
});

test('a nudge writes one annotation, on condition, and again when Flux was faster', async () => {
  let races = 0;
  const { kube, tracer } = await setUp({
    intercept: async ({ manager, verb }, perform) => {
      if (manager === 'siskin' && verb === 'patch' && races < 2) {
        races += 1;
        await kube
          .client('flux')
          .patch(GitRepositories, manifests, { metadata: { labels: { race: `${races}` } } });
      }
      return perform();
    },
  });
  await tracer.nudge(claimed, Date.parse('2026-01-01T00:00:00Z'));
  expect(races).toBe(2);
  expect(kube.peek(GitRepositories, manifests)?.metadata).toMatchObject({
    annotations: { 'reconcile.fluxcd.io/requestedAt': '2026-01-01T00:00:00.000Z' },
    labels: { race: '2' },
  });
});

test('a nudge gives up after a few conflicts, and says nothing to other kinds of sources', async () => {
  const always = await setUp({
    intercept: async ({ manager, verb }, perform) => {
      if (manager === 'siskin' && verb === 'patch')
        throw new ApiError('modified', { status: 409, reason: 'Conflict' });
      return perform();
    },
  });
  const error: unknown = await always.tracer.nudge(claimed, 0).catch((caught: unknown) => caught);
  expect(isConflict(error)).toBe(true);
  const bucket = await setUp({ kustomization: { sourceRef: { kind: 'Bucket', name: 'manifests' } } });
  await bucket.tracer.nudge(claimed, 0);
  expect(
    bucket.kube.requests.filter(({ manager, verb }) => manager === 'siskin' && verb === 'patch'),
  ).toEqual([]);
});
