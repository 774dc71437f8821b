/** Two applications in one repository, which one Kustomization of Flux applies: a commit may release both. */
import { rmSync } from 'node:fs';
import {
  apply,
  createGitRepository,
  demoDeployment,
  type GitRepository,
  installFlux,
  reconcileSource,
} from '../fixture.ts';
import { fluxedCanary, fluxPlatform, manifest, removeFluxPlatform } from './flux-platform.ts';

export const bundle = { namespace: 'bundle', name: 'bundle', apps: ['ripe', 'rotten'] as const };
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

/** Flux applies version 1.0.0 of both when this resolves. */
export async function startBundle(): Promise<Bundle> {
  const { name, namespace, apps } = bundle;
  await installFlux();
  await removeFluxPlatform(bundle);
  const repository = await createGitRepository(`${name}-${Date.now().toString(36)}`);
  const files = (version: string, errorRates: Parameters<Bundle['release']>[1]): Record<string, string> =>
    Object.fromEntries(
      apps.map(app => [
        `apps/${app}/deployment.yaml`,
        manifest(demoDeployment({ namespace, name: app, version, errorRate: errorRates[app] ?? 0 })),
      ]),
    );
  const canaries = Object.fromEntries(
    apps.map(app => [
      `apps/${app}/canary.yaml`,
      manifest(fluxedCanary({ namespace, name: app, host: hostOf(app), manifestRepository: name })),
    ]),
  );
  await repository.commit('Both 1.0.0', { ...files('1.0.0', {}), ...canaries });
  // By these annotations each object says which file it comes from.
  const kustomization = { path: './apps', buildMetadata: ['originAnnotations'] };
  await apply(fluxPlatform({ name, namespace, repository, kustomization }));
  return {
    repository,
    async release(version, errorRates) {
      await repository.pull();
      const commit = await repository.commit(`Both ${version}`, files(version, errorRates));
      await reconcileSource(name);
      return commit;
    },
    async remove() {
      await removeFluxPlatform(bundle);
      rmSync(repository.folder, { recursive: true, force: true });
    },
  };
}
