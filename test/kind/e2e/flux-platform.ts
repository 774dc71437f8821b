/** What the platform team and the developers write so that Flux applies a repository: the objects, and their end. */
import {
  deleteNamespace,
  fluxNamespace,
  type GitRepository,
  gitCredentials,
  inCluster,
  kubectl,
  namespaceObject,
  operatorNamespace,
} from '../fixture.ts';

/** A manifest as it stands in Git. Siskin scales the target: what Git does not name, Flux leaves alone. */
export function manifest(object: object): string {
  return `${JSON.stringify(object, (key, value: unknown) => (key === 'replicas' ? undefined : value), 2)}\n`;
}

/** A Canary that names no path. */
export function fluxedCanary(app: {
  namespace: string;
  name: string;
  host: string;
  manifestRepository: string;
}): object {
  const { namespace, name, host, manifestRepository } = app;
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
        hosts: [host],
        gatewayRefs: [{ name: 'gateway', namespace: 'default' }],
      },
      analysis: {
        interval: '3s',
        threshold: 1,
        stepWeights: [30, 60],
        metrics: [{ name: 'request-success-rate', interval: '10s', thresholdRange: { min: 95 } }],
      },
      rollback: { git: { repositoryRef: { name: manifestRepository } } },
    },
  };
}

export type FluxPlatform = {
  /** Of everything: ManifestRepository, Flux's objects and Secrets. */
  name: string;
  namespace: string;
  repository: GitRepository;
  /** Where Flux reads instead of the repository: an artifact in the registry. */
  artifact?: string;
  /** Of the Kustomization's spec, what is not the same for everybody. */
  kustomization: object;
};

/** Nobody waits for an interval here: what comes at once was asked for. */
const interval = '1h';

function sourceOf({ name, repository, artifact }: FluxPlatform): { kind: string; spec: object } {
  if (artifact !== undefined) {
    const url = `${inCluster.registry}/${artifact}`;
    return { kind: 'OCIRepository', spec: { interval, insecure: true, url, ref: { tag: 'latest' } } };
  }
  const url = `${inCluster.git}/${repository.name}`;
  const ref = { branch: 'main' };
  return { kind: 'GitRepository', spec: { interval, timeout: '20s', url, ref, secretRef: { name } } };
}

export function fluxPlatform(platform: FluxPlatform): object[] {
  const { name, namespace, repository, kustomization } = platform;
  const { kind, spec } = sourceOf(platform);
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
      kind,
      metadata: { name, namespace: fluxNamespace },
      spec,
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace: fluxNamespace },
      spec: { interval, prune: true, sourceRef: { kind, name }, ...kustomization },
    },
  ];
}

export async function removeFluxPlatform({ name, namespace }: Pick<FluxPlatform, 'name' | 'namespace'>) {
  await removeFluxObjects(name, name);
  await deleteNamespace(namespace);
  await kubectl(['delete', 'manifestrepository', name, '--ignore-not-found']);
  for (const place of [operatorNamespace, fluxNamespace])
    await kubectl(['-n', place, 'delete', 'secret', name, '--ignore-not-found']);
}

/** Flux goes first, or it would put back what is deleted. */
export async function removeFluxObjects(kustomization: string, source: string): Promise<void> {
  for (const [kind, name] of [
    ['kustomization.kustomize.toolkit.fluxcd.io', kustomization],
    ['gitrepository.source.toolkit.fluxcd.io', source],
    ['ocirepository.source.toolkit.fluxcd.io', source],
  ] as const)
    await kubectl(['-n', fluxNamespace, 'delete', kind, name, '--ignore-not-found', '--timeout=60s']);
}
