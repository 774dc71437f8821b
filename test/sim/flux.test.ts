/** A target that Flux applied: its place in Git is found without a path, and Flux is told of the revert. */
import { expect, test } from 'vitest';
import { Deployments, ManifestRepositories } from '../../src/api/resources.ts';
import { GitRepositories, HelmReleases, Kustomizations } from '../../src/trace/flux-objects.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './story.ts';
import { namespace, target, World } from './world.ts';

const apps = { namespace: 'flux-system', name: 'apps' };
const manifests = { namespace: 'flux-system', name: 'manifests' };

interface Flux {
  url?: string;
  branch?: string;
  kind?: string;
  /** The Kustomization applies a HelmRelease, and the workload is of its chart. */
  helm?: boolean;
}

const release = { namespace, name: 'podinfo-chart' };

function ownedBy(agent: 'kustomize' | 'helm', owner: { namespace: string; name: string }) {
  const group = `${agent}.toolkit.fluxcd.io`;
  return { [`${group}/name`]: owner.name, [`${group}/namespace`]: owner.namespace };
}

/** Flux's objects, whose revision follows every commit. */
async function installFlux(
  world: World,
  {
    url = 'ssh://git@git.example.com/acme/manifests',
    branch = 'main',
    kind = 'GitRepository',
    helm,
  }: Flux = {},
): Promise<void> {
  const { user } = world;
  await world.install();
  const labels = helm ? ownedBy('helm', release) : ownedBy('kustomize', apps);
  await user.patch(Deployments, target, { metadata: { labels } });
  if (helm) {
    const chart = { chart: 'podinfo', sourceRef: { kind: 'HelmRepository', name: 'charts' } };
    await user.create(HelmReleases, {
      metadata: { ...release, labels: ownedBy('kustomize', apps) },
      spec: { chart: { spec: chart } },
    });
  }
  await user.create(Kustomizations, {
    metadata: apps,
    spec: { path: './apps/podinfo', sourceRef: { kind, name: manifests.name } },
  });
  await user.create(GitRepositories, { metadata: manifests, spec: { url, ref: { branch } } });
  await applied(world);
}

async function applied(world: World): Promise<void> {
  const status = {
    lastAttemptedRevision: `main@sha1:${world.manifests.head().id}`,
    inventory: {
      entries: [
        { id: `${namespace}_${target.name}_apps_Deployment` },
        { id: `${release.namespace}_${release.name}_helm.toolkit.fluxcd.io_HelmRelease` },
      ],
    },
  };
  await world.user.patch(Kustomizations, apps, { status }, { subresource: 'status' });
}

const withoutPath = {
  spec: (spec: { rollback: Record<string, unknown> }) => {
    spec.rollback = { git: { repositoryRef: { name: 'manifests' } } };
  },
};

async function badRelease(world: World): Promise<ReturnType<typeof statusOf>> {
  world.metrics.script = byImage;
  await createCanary(world, withoutPath);
  await world.run(20);
  world.manifests.push('app:bad');
  await applied(world);
  await world.run(120);
  return statusOf(world.canary());
}

function nudges(world: World): number {
  return world.kube.requests.filter(
    ({ manager, verb, resource }) =>
      manager.startsWith('siskin') && verb === 'patch' && resource === GitRepositories,
  ).length;
}

test('the failed change is found by its Kustomization and reverted, and Flux is nudged once', async () => {
  const world = new World();
  await installFlux(world);
  const first = world.manifests.head().id;
  const status = await badRelease(world);
  const bad = status.run?.git?.commit;
  expect(status.promoted?.git).toMatchObject({
    branch: 'main',
    path: 'apps/podinfo',
    evidence: `Kustomization flux-system/apps at main@sha1:${first}`,
  });
  expect(status.run?.git).toMatchObject({
    state: 'Recorded',
    confidence: 'High',
    evidence: `Kustomization flux-system/apps at main@sha1:${bad}`,
  });
  expect(status.rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
  expect(world.manifests.head().image).toBe('app:v1');
  expect(nudges(world)).toBe(1);
  const runs = status.run?.id;
  await world.run(600);
  expect(statusOf(world.canary()).run?.id).toBe(runs);
});

test('what a HelmRelease installed is found by the Kustomization that applied the release, and reverted', async () => {
  const world = new World();
  await installFlux(world, { helm: true });
  const status = await badRelease(world);
  expect(status.run?.git).toMatchObject({
    path: 'apps/podinfo',
    confidence: 'Medium',
    evidence: `HelmRelease ${namespace}/${release.name} of Kustomization flux-system/apps at main@sha1:${status.run?.git?.commit}`,
  });
  expect(status.rollback).toMatchObject({ state: 'Done', verdict: 'Reverted' });
  expect(world.manifests.head().image).toBe('app:v1');
  expect(nudges(world)).toBe(1);
});

test('an idle Canary asks Flux nothing', async () => {
  const world = new World();
  await installFlux(world);
  await createCanary(world, withoutPath);
  await world.run(60);
  const before = world.kube.requests.length;
  await world.run(3_600);
  expect(world.kube.requests.slice(before)).toEqual([]);
});

test.each<[string, Flux, string, string]>([
  [
    'another repository',
    { url: 'https://token:secret@git.example.com/acme/other.git' },
    'RepositoryMismatch',
    'is from git.example.com/acme/other',
  ],
  ['another branch', { branch: 'staging' }, 'BranchMismatch', 'does not allow branch staging'],
  ['a source without commits', { kind: 'Bucket' }, 'PathUnknown', 'spec.rollback.git.path must be set'],
])(
  '%s: the condition says so, traffic goes back and Git is left alone',
  async (_what, flux, reason, message) => {
    const world = new World();
    await installFlux(world, flux);
    const status = await badRelease(world);
    expect(status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
    const condition = status.conditions?.find(({ type }) => type === 'GitReady');
    expect(condition).toMatchObject({ status: 'False', reason });
    expect(condition?.message).toContain(message);
    expect(condition?.message).not.toContain('secret');
    expect(status.rollback).toMatchObject({ state: 'Held', verdict: 'Held' });
    expect(status.rollback?.message).toContain(message);
    expect(world.manifests.head().image).toBe('app:bad');
  },
);

test('a branch that the repository allows beside its own is taken from Flux', async () => {
  const world = new World();
  await installFlux(world, { branch: 'staging' });
  await world.user.patch(
    ManifestRepositories,
    { name: 'manifests' },
    { spec: { allow: { branches: ['staging'] } } },
  );
  const status = await badRelease(world);
  expect(status.run?.git).toMatchObject({ branch: 'staging' });
  expect(status.rollback).toMatchObject({ verdict: 'Reverted', failed: { branch: 'staging' } });
});

test('without labels, and found nowhere in the repository, Git waits for a path; the releases go on', async () => {
  const world = new World();
  await world.install();
  await createCanary(world, withoutPath);
  await world.run(20);
  const status = statusOf(world.canary());
  expect(status).toMatchObject({ phase: 'Initialized' });
  const git = status.conditions?.find(({ type }) => type === 'GitReady');
  expect(git).toMatchObject({ status: 'False', reason: 'PathUnknown' });
  expect(git?.message).toContain('spec.rollback.git.path must be set');
});

const manifest = 'kind: Deployment\nmetadata: {name: podinfo}\nspec: {template: {spec: {containers: []}}}\n';

test('what Flux applies from a base elsewhere is traced with the base, and with less confidence', async () => {
  const world = new World();
  world.manifests.files.set('apps/podinfo/kustomization.yaml', 'resources: [../../base/podinfo]\n');
  world.manifests.files.set('base/podinfo/deployment.yaml', manifest);
  await installFlux(world);
  const status = await badRelease(world);
  const place = { path: 'apps/podinfo', also: ['base/podinfo'], confidence: 'Medium' };
  expect(status.promoted?.git).toMatchObject(place);
  expect(status.run?.git).toMatchObject(place);
  expect(status.rollback).toMatchObject({ verdict: 'Reverted', good: place, failed: place });
});

test('where nobody says anything, the manifest is found in the repository, and that is told', async () => {
  const world = new World();
  world.manifests.files.set('apps/other/deployment.yaml', manifest.replace('podinfo', 'other'));
  world.manifests.files.set('apps/podinfo/deployment.yaml', manifest);
  await world.install();
  world.metrics.script = byImage;
  await createCanary(world, withoutPath);
  await world.run(20);
  world.manifests.push('app:bad');
  await world.run(120);
  const status = statusOf(world.canary());
  const path = 'apps/podinfo/deployment.yaml';
  expect(status.promoted?.git).toMatchObject({
    path,
    confidence: 'Low',
    evidence: `somebody who left no mark: Deployment shop/podinfo was found in ${path}`,
  });
  expect(status.rollback).toMatchObject({ verdict: 'Reverted', failed: { path, confidence: 'Low' } });
});
