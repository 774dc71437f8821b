/** An application of which the cluster knows only what Flux applied: Deployment and Canary, without replicas and without a path. */
import { rmSync } from 'node:fs';
import {
  apply,
  createGitRepository,
  demoDeployment,
  type GitRepository,
  installFlux,
  installRegistry,
  publishArtifact,
  reconcileSource,
} from '../fixture.ts';
import { fluxedCanary, fluxPlatform, manifest, removeFluxPlatform } from './flux-platform.ts';

export type FluxedName = 'fluxed' | 'published';

/** `fluxed` is applied from Git, `published` from the artifact that CI makes of each commit. */
export function fluxedApp(name: FluxedName) {
  return { name, namespace: name, host: `${name}.example.com`, path: `apps/${name}` };
}

export type FluxedApp = {
  repository: GitRepository;
  /** Pushed as a developer does, and told to Flux as a webhook does; gives the commit. */
  push(message: string, files: Record<string, string>): Promise<string>;
  release(version: string, errorRate?: number): Promise<string>;
  /** What CI does after each push, and Flux after that. */
  publish(): Promise<void>;
  remove(): Promise<void>;
};

/** Flux applies version 1.0.0 when this resolves. */
export async function startFluxedApp(app: FluxedName): Promise<FluxedApp> {
  const { name, namespace, host, path } = fluxedApp(app);
  const isArtifact = app === 'published';
  await installFlux();
  if (isArtifact) await installRegistry();
  await removeFluxPlatform({ name, namespace });
  const repository = await createGitRepository(`${name}-${Date.now().toString(36)}`);
  const files = (version: string, errorRate = 0) => ({
    [`${path}/deployment.yaml`]: manifest(demoDeployment({ namespace, name, version, errorRate })),
  });
  const canary = manifest(fluxedCanary({ namespace, name, host, manifestRepository: name }));
  await repository.commit(`${name} 1.0.0`, { ...files('1.0.0'), [`${path}/canary.yaml`]: canary });
  if (isArtifact) await publishArtifact(repository.name, repository);
  await apply(
    fluxPlatform({
      name,
      namespace,
      repository,
      ...(isArtifact ? { artifact: repository.name } : {}),
      kustomization: { timeout: '3m', path: `./${path}`, wait: true },
    }),
  );
  const publish: FluxedApp['publish'] = async () => {
    await repository.pull();
    if (isArtifact) await publishArtifact(repository.name, repository);
    await reconcileSource(name, isArtifact ? 'ocirepository' : 'gitrepository');
  };
  const push: FluxedApp['push'] = async (message, changed) => {
    await repository.pull();
    const commit = await repository.commit(message, changed);
    await publish();
    return commit;
  };
  return {
    repository,
    push,
    publish,
    release: (version, errorRate) => push(`${name} ${version}`, files(version, errorRate)),
    async remove() {
      await removeFluxPlatform({ name, namespace });
      rmSync(repository.folder, { recursive: true, force: true });
    },
  };
}
