/** Two applications in one repository, which one Kustomization of Flux applies: a commit may release both. */
import { rmSync } from 'node:fs';
import {
  apply,
  createGitRepository,
  deleteNamespace,
  demoDeployment,
  fluxNamespace,
  type GitRepository,
  gitCredentials,
  inCluster,
  installFlux,
  kubectl,
  namespaceObject,
  operatorNamespace,
  reconcileSource,
} from '../fixture.ts';

const namespace = 'bundle';
export const bundle = { namespace, name: 'bundle', apps: ['ripe', 'rotten'] as const };
export type BundledApp = (typeof bundle.apps)[number];

export function hostOf(app: BundledApp): string {
  return `${app}.example.com`;
}

export type Bundle = {
  repository: GitRepository;
  /** Pushes this version of both in one commit; gives it. */
  release(version: string, errorRates: Readonly<Partial<Record<BundledApp, number>>>): Promise<string>;
  remove(): Promise<void>;
};

function text(object: object): string {
  return `${JSON.stringify(object, (key, value: unknown) => (key === 'replicas' ? undefined : value), 2)}\n`;
}

function canary(name: BundledApp): object {
  return {
    apiVersion: 'siskin.dev/v1beta1',
    kind: 'Canary',
    metadata: { name, namespace },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      progressDeadlineSeconds: 120,
      service: {
        port: 9898,
        targetPort: 'http',
        hosts: [hostOf(name)],
        gatewayRefs: [{ name: 'gateway', namespace: 'default' }],
      },
      analysis: {
        interval: '3s',
        threshold: 1,
        stepWeights: [30, 60],
        metrics: [{ name: 'request-success-rate', interval: '10s', thresholdRange: { min: 95 } }],
      },
      rollback: { git: { repositoryRef: { name: bundle.name } } },
    },
  };
}

/** Flux applies version 1.0.0 of both when this resolves. */
export async function startBundle(): Promise<Bundle> {
  await installFlux();
  await removeBundle();
  const { name, apps } = bundle;
  const repository = await createGitRepository(`${name}-${Date.now().toString(36)}`);
  const files = (version: string, errorRates: Parameters<Bundle['release']>[1]): Record<string, string> =>
    Object.fromEntries(
      apps.map(app => [
        `apps/${app}/deployment.yaml`,
        text(demoDeployment({ namespace, name: app, version, errorRate: errorRates[app] ?? 0 })),
      ]),
    );
  const canaries = Object.fromEntries(apps.map(app => [`apps/${app}/canary.yaml`, text(canary(app))]));
  await repository.commit('Both 1.0.0', { ...files('1.0.0', {}), ...canaries });
  await apply([
    namespaceObject(namespace),
    gitCredentials(name, operatorNamespace),
    gitCredentials(name, fluxNamespace),
    {
      apiVersion: 'siskin.dev/v1beta1',
      kind: 'ManifestRepository',
      metadata: { name },
      spec: {
        url: repository.urlInCluster,
        secretRef: { name },
        allow: { namespaces: [namespace], paths: ['apps/**'] },
      },
    },
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name, namespace: fluxNamespace },
      spec: {
        interval: '1h',
        url: `${inCluster.git}/${repository.name}`,
        ref: { branch: 'main' },
        secretRef: { name },
      },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace: fluxNamespace },
      spec: {
        interval: '1h',
        path: './apps',
        prune: true,
        // Each object says which file it comes from.
        buildMetadata: ['originAnnotations'],
        sourceRef: { kind: 'GitRepository', name },
      },
    },
  ]);
  return {
    repository,
    async release(version, errorRates) {
      await repository.pull();
      const commit = await repository.commit(`Both ${version}`, files(version, errorRates));
      await reconcileSource(name);
      return commit;
    },
    async remove() {
      await removeBundle();
      rmSync(repository.folder, { recursive: true, force: true });
    },
  };
}

async function removeBundle(): Promise<void> {
  await removeFluxObjects(bundle.name, bundle.name);
  await deleteNamespace(namespace);
  await kubectl(['delete', 'manifestrepository', bundle.name, '--ignore-not-found']);
  for (const place of [operatorNamespace, fluxNamespace])
    await kubectl(['-n', place, 'delete', 'secret', bundle.name, '--ignore-not-found']);
}

/** Flux goes first, or it would put back what is deleted. */
export async function removeFluxObjects(kustomization: string, source: string): Promise<void> {
  for (const [kind, name] of [
    ['kustomization.kustomize.toolkit.fluxcd.io', kustomization],
    ['gitrepository.source.toolkit.fluxcd.io', source],
  ] as const)
    await kubectl(['-n', fluxNamespace, 'delete', kind, name, '--ignore-not-found', '--timeout=60s']);
}
