/** The example `canary-gateway-api` on this cluster: its manifests repository, its namespace, and CI that applies what Git holds. */
import { join } from 'node:path';
import {
  apply,
  createGitRepository,
  deleteNamespace,
  type GitRepository,
  gitCredentials,
  inCluster,
  kubectl,
  namespaceObject,
  operatorNamespace,
} from '../fixture.ts';
import { exampleFiles, withTag } from './example.ts';
import { loadReleases, type ReleaseTag } from './releases.ts';

export const shop = { namespace: 'shop', canary: 'checkout', host: 'checkout.example.com' } as const;

/** In the manifests repository. */
export const appPath = 'apps/checkout';

export type Checkout = {
  repository: GitRepository;
  /** Commits the application with this tag; gives the commit. */
  release(tag: ReleaseTag): Promise<string>;
  /** What a CI job does after each push: `kubectl apply -k` of the path, at the branch's head. */
  deploy(): Promise<void>;
};

/** Removes what an earlier run left, then makes everything but the application itself. */
export async function prepareCheckout(): Promise<Checkout> {
  await removeCheckout();
  await loadReleases();
  // A name of its own each time: a branch that has had ten reverts within the hour gets no more of them.
  const repository = await createGitRepository(`manifests-${Date.now().toString(36)}`);
  const platform = exampleFiles('canary-gateway-api/platform', {
    'https://git.example.com/acme/manifests.git': repository.urlInCluster,
  });
  const app = exampleFiles('canary-gateway-api/app', { 'https://slack.com/api': `${inCluster.slack}/api` });
  await apply([
    namespaceObject(shop.namespace),
    gitCredentials('manifests-write', operatorNamespace),
    slackToken(shop.namespace),
  ]);
  await apply(Object.values(platform).join('\n---\n'));
  return {
    repository,
    release(tag) {
      const files = Object.entries(withTag(app, tag)).map(([path, text]) => [`${appPath}/${path}`, text]);
      return repository.commit(`checkout ${tag}`, Object.fromEntries(files));
    },
    async deploy() {
      await repository.pull();
      await kubectl(['apply', '-k', join(repository.folder, appPath)]);
    },
  };
}

export async function removeCheckout(): Promise<void> {
  await deleteNamespace(shop.namespace);
  const there = await kubectl([
    'get',
    'crd',
    'manifestrepositories.siskin.dev',
    '--ignore-not-found',
    '-o',
    'name',
  ]);
  if (there !== '') await kubectl(['delete', 'manifestrepository', 'manifests', '--ignore-not-found']);
  await kubectl(['-n', operatorNamespace, 'delete', 'secret', 'manifests-write', '--ignore-not-found']);
}

export function slackToken(namespace: string, token = 'xoxb-for-the-stand-in'): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'slack-token', namespace },
    stringData: { token },
  };
}
