/** An application of which the cluster knows only what Flux applied from Git: Deployment and Canary, without replicas and without a path. */
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

export const fluxed = { name: 'fluxed', namespace: 'fluxed', host: 'fluxed.example.com' } as const;
const { name, namespace, host } = fluxed;
const folder = `apps/${name}`;

export type FluxedApp = {
  repository: GitRepository;
  /** Pushed as a developer does, and told to Flux as a webhook does; gives the commit. */
  push(message: string, files: Record<string, string>): Promise<string>;
  release(version: string, errorRate?: number): Promise<string>;
  remove(): Promise<void>;
};

function text(object: object): string {
  return `${JSON.stringify(object, null, 2)}\n`;
}

function deployment(version: string, errorRate: number): object {
  const object = demoDeployment({ namespace, name, version, errorRate });
  // Siskin scales the target: what Git does not name, Flux leaves alone.
  return JSON.parse(
    JSON.stringify(object, (key, value: unknown) => (key === 'replicas' ? undefined : value)),
  );
}

const canary = {
  apiVersion: 'siskin.dev/v1beta1',
  kind: 'Canary',
  metadata: { name, namespace },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    progressDeadlineSeconds: 120,
    service: {
      port: 9898,
      targetPort: 'http',
      hosts: [host],
      gatewayRefs: [{ name: 'gateway', namespace: 'default' }],
    },
    analysis: {
      interval: '3s',
      threshold: 1,
      stepWeights: [30, 60],
      metrics: [{ name: 'request-success-rate', interval: '10s', thresholdRange: { min: 95 } }],
    },
    rollback: { git: { repositoryRef: { name } } },
  },
};

function platform(repository: GitRepository): object[] {
  return [
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
      // Nobody waits for an interval here: what comes at once was asked for.
      spec: {
        interval: '1h',
        timeout: '20s',
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
        timeout: '3m',
        path: `./${folder}`,
        prune: true,
        wait: true,
        sourceRef: { kind: 'GitRepository', name },
      },
    },
  ];
}

/** Flux applies version 1.0.0 when this resolves. */
export async function startFluxedApp(): Promise<FluxedApp> {
  await installFlux();
  await removeFluxedApp();
  const repository = await createGitRepository(`${name}-${Date.now().toString(36)}`);
  const files = (version: string, errorRate = 0) => ({
    [`${folder}/deployment.yaml`]: text(deployment(version, errorRate)),
  });
  await repository.commit('fluxed 1.0.0', { ...files('1.0.0'), [`${folder}/canary.yaml`]: text(canary) });
  await apply(platform(repository));
  const push: FluxedApp['push'] = async (message, changed) => {
    await repository.pull();
    const commit = await repository.commit(message, changed);
    await reconcileSource(name);
    return commit;
  };
  return {
    repository,
    push,
    release: (version, errorRate) => push(`fluxed ${version}`, files(version, errorRate)),
    async remove() {
      await removeFluxedApp();
      rmSync(repository.folder, { recursive: true, force: true });
    },
  };
}

/** Flux goes first, or it would put back what is deleted. */
async function removeFluxedApp(): Promise<void> {
  const flux = ['kustomization.kustomize.toolkit.fluxcd.io', 'gitrepository.source.toolkit.fluxcd.io'];
  for (const kind of flux)
    await kubectl(['-n', fluxNamespace, 'delete', kind, name, '--ignore-not-found', '--timeout=60s']);
  await deleteNamespace(namespace);
  await kubectl(['delete', 'manifestrepository', name, '--ignore-not-found']);
  for (const place of [operatorNamespace, fluxNamespace])
    await kubectl(['-n', place, 'delete', 'secret', name, '--ignore-not-found']);
}
