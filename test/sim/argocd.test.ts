/** A target that Argo CD applied: its place in Git is found without a path, and no forged claim leads to another repository. */
import { expect, test } from 'vitest';
import { Deployments } from '../../src/api/resources.ts';
import { Applications } from '../../src/trace/argocd-objects.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './story.ts';
import { namespace, target, World } from './world.ts';

const url = 'git@git.example.com:acme/manifests.git';
const source = { repoURL: url, targetRevision: 'HEAD', path: 'apps/podinfo' };
const resources = [{ group: 'apps', kind: 'Deployment', namespace, name: target.name, status: 'Synced' }];

interface ArgoCd {
  application?: { namespace: string; name: string };
  tracking?: string;
  annotations?: Record<string, string>;
  spec?: object;
  /** The status as Argo CD writes it when this commit is the head. */
  status?: (head: string) => object;
}

/** As an automated sync leaves it. */
function synced(head: string): object {
  return {
    sync: { status: 'Synced', revision: head },
    operationState: {
      phase: 'Succeeded',
      operation: { sync: { revision: head }, initiatedBy: { automated: true } },
      syncResult: { revision: head, resources },
    },
    history: [{ id: 0, revision: head }],
  };
}

/** What is applied from then on follows every commit. */
async function installArgoCd(world: World, argocd: ArgoCd): Promise<() => Promise<void>> {
  const { application = { namespace: 'argocd', name: 'shop' }, status = synced } = argocd;
  await world.install();
  const tracking = argocd.tracking ?? `shop:apps/Deployment:${namespace}/${target.name}`;
  const annotations = argocd.annotations ?? { 'argocd.argoproj.io/tracking-id': tracking };
  await world.user.patch(Deployments, target, { metadata: { annotations } });
  await world.user.create(Applications, { metadata: application, spec: argocd.spec ?? { source } });
  const follow = async (): Promise<void> => {
    const now = { resources, ...status(world.manifests.head().id) };
    await world.user.patch(Applications, application, { status: now }, { subresource: 'status' });
  };
  await follow();
  return follow;
}

const withoutPath = {
  spec: (spec: { rollback: Record<string, unknown> }) => {
    spec.rollback = { git: { repositoryRef: { name: 'manifests' } } };
  },
};

async function badRelease(world: World, argocd: ArgoCd): Promise<ReturnType<typeof statusOf>> {
  const follow = await installArgoCd(world, argocd);
  world.metrics.script = byImage;
  await createCanary(world, withoutPath);
  await world.run(20);
  world.manifests.push('app:bad');
  await follow();
  await world.run(120);
  return statusOf(world.canary());
}

const hydrator = {
  sourceHydrator: { drySource: source, syncSource: { targetBranch: 'env/prod', path: 'podinfo' } },
};

/** The hydrated branch has commits of its own, one for each dry one. */
function hydrated(head: string): object {
  const hydratedSHA = head.replaceAll(/./gu, digit => (digit === 'f' ? '0' : 'f'));
  return {
    ...synced(hydratedSHA),
    sourceHydrator: { lastSuccessfulOperation: { drySHA: head, hydratedSHA } },
  };
}

test.each<[string, ArgoCd, { namespace: string; name: string }, object]>([
  ['an Application', {}, { namespace: 'argocd', name: 'shop' }, { 'argocd.argoproj.io/refresh': 'normal' }],
  [
    'an Application of another namespace',
    {
      application: { namespace: 'team-a', name: 'shop' },
      tracking: `team-a_shop:apps/Deployment:${namespace}/${target.name}`,
    },
    { namespace: 'team-a', name: 'shop' },
    { 'argocd.argoproj.io/refresh': 'normal' },
  ],
  [
    'a hydrated Application',
    { spec: hydrator, status: hydrated },
    { namespace: 'argocd', name: 'shop' },
    { 'argocd.argoproj.io/refresh': 'normal', 'argocd.argoproj.io/hydrate': 'normal' },
  ],
])('%s: the failed change is found and reverted, and Argo CD is told', async (_what, argocd, key, asked) => {
  const world = new World();
  const status = await badRelease(world, argocd);
  const [dry] = world.manifests.commits.filter(({ image }) => image === 'app:bad');
  const evidence: unknown = expect.stringContaining(`Application ${key.namespace}/${key.name} at `);
  expect(status.promoted?.git).toMatchObject({ path: 'apps/podinfo', confidence: 'High', evidence });
  expect(status.run?.git).toMatchObject({ state: 'Recorded', confidence: 'High', evidence });
  expect(status.rollback).toMatchObject({
    verdict: 'Reverted',
    // Of the branch that people write, also where what is applied is a hydrated one.
    failedCommit: dry?.id,
    failed: { path: 'apps/podinfo', branch: 'main', confidence: 'High', evidence },
  });
  expect(world.manifests.head()).toMatchObject({ image: 'app:v1', author: 'siskin', parent: dry?.id });
  expect(world.kube.peek(Applications, key)?.metadata.annotations).toEqual(asked);
  const run = status.run?.id;
  await world.run(600);
  expect(statusOf(world.canary()).run?.id).toBe(run);
});

const foreign = {
  repoURL: 'https://git.example.com/acme/secrets.git',
  targetRevision: 'main',
  path: 'apps/podinfo',
};

test.each<[string, ArgoCd, string]>([
  ['an Application of another repository', { spec: { source: foreign } }, 'RepositoryMismatch'],
  ['another branch', { spec: { source: { ...source, targetRevision: 'staging' } } }, 'BranchMismatch'],
  [
    'an annotation copied from another workload',
    { tracking: 'shop:apps/Deployment:payments/api' },
    'PathUnknown',
  ],
  [
    'a stamp that names another repository',
    { annotations: { 'siskin.dev/git-path': 'apps/podinfo', 'siskin.dev/git-repository': foreign.repoURL } },
    'RepositoryMismatch',
  ],
])('%s: traffic goes back, Git is left alone, and the status says why', async (_what, argocd, reason) => {
  const world = new World();
  const status = await badRelease(world, argocd);
  expect(world.manifests.head().image).toBe('app:bad');
  const git = status.conditions?.find(({ type }) => type === 'GitReady');
  expect([git?.reason, status.reason]).toContain(reason);
  if (status.run !== undefined) expect(status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
});

test('what CI stamped is enough, and is told as no more than its word', async () => {
  const world = new World();
  const status = await badRelease(world, { annotations: { 'siskin.dev/git-path': 'apps/podinfo' } });
  expect(status.rollback).toMatchObject({ verdict: 'Reverted', failed: { confidence: 'Low' } });
});
