/** The example `promotion-staging-production` on this cluster: one manifests repository, two namespaces, and CI that applies each folder. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  apply,
  createGitRepository,
  deleteNamespace,
  type GitRepository,
  gitCredentials,
  kubectl,
  namespaceObject,
  operatorNamespace,
} from '../fixture.ts';
import { exampleFiles, type Site, withTag } from './example.ts';
import { loadReleases, type ReleaseTag } from './releases.ts';

export type Environment = 'staging' | 'production';

export const environments: readonly Environment[] = ['staging', 'production'];
const example = 'promotion-staging-production';
const secret = 'environments-write';

export function pathOf(environment: Environment): string {
  return `apps/checkout/${environment}`;
}

export function namespaceOf(environment: Environment): string {
  return `checkout-${environment}`;
}

export function hostOf(environment: Environment): string {
  return `checkout.${environment}.example.com`;
}

export type Environments = {
  repository: GitRepository;
  /** Commits this tag to staging. */
  release(tag: ReleaseTag): Promise<string>;
  /** What a CI job does after each push. */
  deploy(environment: Environment): Promise<void>;
  remove(): Promise<void>;
};

function filesOf(environment: Environment, tag?: ReleaseTag): Record<string, string> {
  const files = exampleFiles(`${example}/${environment}`);
  const tagged = tag === undefined ? files : withTag(files, tag);
  return Object.fromEntries(
    Object.entries(tagged).map(([path, text]) => [`${pathOf(environment)}/${path}`, text]),
  );
}

/** Where the repository is, and what the example's ManifestRepository says more because of it. */
export type EnvironmentsHost = {
  create(name: string): Promise<GitRepository>;
  credentials(secret: string): object;
  site: Site;
};

const gitHost: EnvironmentsHost = {
  create: createGitRepository,
  credentials: name => gitCredentials(name, operatorNamespace),
  site: {},
};

/** Both environments are committed and applied with version 1.0.0 when this resolves. */
export async function startEnvironments(host: EnvironmentsHost = gitHost): Promise<Environments> {
  await remove();
  await loadReleases();
  const repository = await host.create(`environments-${Date.now().toString(36)}`);
  const platform = exampleFiles(`${example}/platform`, {
    'https://git.example.com/acme/environments.git': repository.urlInCluster,
    ...host.site,
  });
  await apply([
    ...environments.map(environment => namespaceObject(namespaceOf(environment))),
    host.credentials(secret),
  ]);
  await apply(Object.values(platform).join('\n---\n'));
  await repository.commit('checkout 1.0.0', { ...filesOf('staging'), ...filesOf('production') });
  const deploy: Environments['deploy'] = async environment => {
    await repository.pull();
    await kubectl(['apply', '-k', join(repository.folder, pathOf(environment))]);
  };
  for (const environment of environments) await deploy(environment);
  return {
    repository,
    deploy,
    async release(tag) {
      await repository.pull();
      return repository.commit(`checkout ${tag}`, filesOf('staging', tag));
    },
    async remove() {
      await remove();
      rmSync(repository.folder, { recursive: true, force: true });
    },
  };
}

async function remove(): Promise<void> {
  await Promise.all(environments.map(async environment => deleteNamespace(namespaceOf(environment))));
  await kubectl(['delete', 'manifestrepository', 'environments', '--ignore-not-found']);
  await kubectl(['-n', operatorNamespace, 'delete', 'secret', secret, '--ignore-not-found']);
}
