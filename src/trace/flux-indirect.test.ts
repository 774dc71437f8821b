/** Workloads that reach Git through more of Flux's objects: Helm releases and OCI artifacts. */
import { expect, test } from 'vitest';
import { createMemoryKube } from '../../test/memory/kube.ts';
import { createFluxTracer } from './flux.ts';
import { GitRepositories, HelmReleases, Kustomizations, OciRepositories } from './flux-objects.ts';
import type { AppliedWorkload } from './port.ts';

const commit = 'b'.repeat(40);
const digest = `latest@sha256:${'d'.repeat(64)}`;
const apps = { namespace: 'flux-system', name: 'apps' };
const web = { namespace: 'shop', name: 'web' };
const workload: AppliedWorkload = { group: 'apps', kind: 'Deployment', ...web, labels: {}, annotations: {} };

function labels(group: string, { namespace, name }: { namespace: string; name: string }) {
  return { [`${group}/name`]: name, [`${group}/namespace`]: namespace };
}

interface Helm {
  release?: { namespace?: string; spec?: object; labels?: Record<string, string> };
  inventory?: string;
}

async function byHelm({ release = {}, inventory = 'shop_web_helm.toolkit.fluxcd.io_HelmRelease' }: Helm) {
  const kube = createMemoryKube();
  const flux = kube.client('flux');
  const key = { ...web, namespace: release.namespace ?? 'shop' };
  await flux.create(HelmReleases, {
    metadata: { ...key, labels: release.labels ?? labels('kustomize.toolkit.fluxcd.io', apps) },
    spec: {
      chart: { spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts' } } },
      ...release.spec,
    },
  });
  await flux.create(Kustomizations, {
    metadata: apps,
    spec: { path: './apps', sourceRef: { kind: 'GitRepository', name: 'manifests' } },
  });
  const status = {
    lastAttemptedRevision: `main@sha1:${commit}`,
    inventory: { entries: [{ id: inventory }] },
  };
  await flux.patch(Kustomizations, apps, { status }, { subresource: 'status' });
  await flux.create(GitRepositories, {
    metadata: { namespace: 'flux-system', name: 'manifests' },
    spec: { url: 'https://git.example.com/acme/manifests.git', ref: { branch: 'main' } },
  });
  const tracer = createFluxTracer({ kube: kube.client() });
  const claimed = { ...workload, labels: labels('helm.toolkit.fluxcd.io', key) };
  expect(tracer.isClaimed(claimed)).toBe(true);
  return { kube, tracer, claimed };
}

test('a Helm release comes from the commit of the Kustomization that applied it', async () => {
  const { kube, tracer, claimed } = await byHelm({});
  expect(await tracer.trace(claimed)).toEqual({
    told: true,
    sources: [
      {
        url: 'https://git.example.com/acme/manifests.git',
        branch: 'main',
        paths: ['apps'],
        commit,
        confidence: 'Medium',
        evidence: `HelmRelease shop/web of Kustomization flux-system/apps at main@sha1:${commit}`,
      },
    ],
  });
  await tracer.nudge(claimed, 0);
  const source = kube.peek(GitRepositories, { namespace: 'flux-system', name: 'manifests' });
  expect(source?.metadata.annotations).toEqual({
    'reconcile.fluxcd.io/requestedAt': '1970-01-01T00:00:00.000Z',
  });
});

test('a chart in the same repository is a part of it', async () => {
  const sourceRef = { kind: 'GitRepository', name: 'manifests', namespace: 'flux-system' };
  const { tracer, claimed } = await byHelm({
    release: { spec: { chart: { spec: { chart: './charts/web', sourceRef } } } },
  });
  expect(await tracer.trace(claimed)).toMatchObject({ sources: [{ paths: ['apps', 'charts/web'] }] });
});

test.each<[string, Helm, string]>([
  [
    'a release into another namespace',
    { release: { spec: { targetNamespace: 'other' } } },
    'installs into namespace other',
  ],
  [
    'a release of another namespace',
    { release: { namespace: 'other' } },
    'installs into namespace other, not into shop',
  ],
  ['a release that a person applied', { release: { labels: {} } }, 'was not applied by a Kustomization'],
  [
    'a release with copied labels',
    { inventory: 'shop_other_helm.toolkit.fluxcd.io_HelmRelease' },
    'does not list HelmRelease web',
  ],
])('%s tells nothing', async (_what, helm, why) => {
  const { tracer, claimed } = await byHelm(helm);
  expect(await tracer.trace(claimed)).toMatchObject({ told: false, why: expect.stringContaining(why) });
});

const source = 'https://git.example.com/acme/app.git';
const image = 'org.opencontainers.image';

async function byArtifact(artifact: object, kustomizationStatus: object = {}) {
  const kube = createMemoryKube();
  const flux = kube.client('flux');
  await flux.create(Kustomizations, {
    metadata: apps,
    spec: { path: './deploy', sourceRef: { kind: 'OCIRepository', name: 'app' } },
  });
  const status = {
    lastAttemptedRevision: digest,
    inventory: { entries: [{ id: 'shop_web_apps_Deployment' }] },
    ...kustomizationStatus,
  };
  await flux.patch(Kustomizations, apps, { status }, { subresource: 'status' });
  const key = { namespace: 'flux-system', name: 'app' };
  await flux.create(OciRepositories, { metadata: key, spec: {} });
  await flux.patch(OciRepositories, key, { status: { artifact } }, { subresource: 'status' });
  const tracer = createFluxTracer({ kube: kube.client() });
  return tracer.trace({ ...workload, labels: labels('kustomize.toolkit.fluxcd.io', apps) });
}

test.each([
  [`main@sha1:${commit}`, { branch: 'main' }],
  [`main/${commit}`, { branch: 'main' }],
])('an artifact tells its origin as %s', async (revision, expected) => {
  const metadata = { [`${image}.source`]: source, [`${image}.revision`]: revision };
  expect(await byArtifact({ revision: digest, metadata })).toEqual({
    told: true,
    sources: [
      {
        url: source,
        ...expected,
        paths: ['deploy'],
        commit,
        confidence: 'Medium',
        evidence: `Kustomization flux-system/apps at ${digest}, published from ${revision}`,
      },
    ],
  });
});

test('an artifact that was published from a tag is repaired on the branch', async () => {
  const metadata = { [`${image}.source`]: source, [`${image}.revision`]: `v1.2.3@sha1:${commit}` };
  const trace = await byArtifact({ revision: digest, metadata });
  expect(trace).toMatchObject({ sources: [{ commit }] });
  expect(trace).not.toHaveProperty('sources.0.branch');
});

test('an artifact that was published since tells nothing of the one before, but Flux noted that', async () => {
  const newer = {
    revision: `latest@sha256:${'e'.repeat(64)}`,
    metadata: { [`${image}.source`]: source, [`${image}.revision`]: `main@sha1:${'e'.repeat(40)}` },
  };
  expect(await byArtifact(newer)).toMatchObject({ told: false });
  const originRevision = `main@sha1:${commit}`;
  const noted = { history: [{ metadata: { revision: digest, originRevision } }] };
  expect(await byArtifact(newer, noted)).toMatchObject({ sources: [{ commit }] });
  const applied = { lastAppliedRevision: digest, lastAppliedOriginRevision: originRevision };
  expect(await byArtifact(newer, applied)).toMatchObject({ sources: [{ commit }] });
});

test.each([
  ['no source', { [`${image}.revision`]: `main@sha1:${commit}` }],
  ['no revision', { [`${image}.source`]: source }],
  ['a revision that is no commit', { [`${image}.source`]: source, [`${image}.revision`]: 'main' }],
])('an artifact with %s: what to do is told', async (_what, metadata) => {
  const trace = await byArtifact({ revision: digest, metadata });
  expect(trace).toMatchObject({ told: false, why: expect.stringContaining('flux push artifact --source') });
});
