/** An application that Argo CD makes from two repositories: the team's Deployment and the platform's Canary, by an Application in the team's own namespace. */
import { rmSync } from 'node:fs';
import {
  apply,
  createGitRepository,
  deleteNamespace,
  demoDeployment,
  type GitRepository,
  gitCredentials,
  kubectl,
  namespaceObject,
  operatorNamespace,
  refreshApplication,
} from '../fixture.ts';
import { appName, canaryObject } from './app.ts';

const namespace = 'argued-team';
export const argued = {
  namespace,
  name: appName,
  host: `${namespace}.example.com`,
  application: { name: 'argued', namespace },
} as const;
const file = 'apps/web/deployment.yaml';

export type ArguedApp = {
  repository: GitRepository;
  release(version: string, errorRate?: number): Promise<string>;
  push(message: string, files: Record<string, string>): Promise<string>;
  remove(): Promise<void>;
};

/** Without replicas: what Git does not name, Argo CD leaves alone. */
function deployment(version: string, errorRate: number): string {
  const object = demoDeployment({ namespace, name: appName, version, errorRate });
  return JSON.stringify(object, (key, value: unknown) => (key === 'replicas' ? undefined : value), 2);
}

export async function startArguedApp(): Promise<ArguedApp> {
  await removeArguedApp();
  const suffix = Date.now().toString(36);
  const team = await createGitRepository(`argued-${suffix}`);
  const platform = await createGitRepository(`argued-platform-${suffix}`);
  await team.commit('web 1.0.0', { [file]: `${deployment('1.0.0', 0)}\n` });
  const canary = canaryObject({
    namespace,
    spec: { rollback: { git: { repositoryRef: { name: namespace } } } },
  });
  await platform.commit('Canary of web', { 'canaries/web.yaml': `${JSON.stringify(canary, null, 2)}\n` });
  await apply([
    namespaceObject(namespace),
    gitCredentials(namespace, operatorNamespace),
    {
      apiVersion: 'siskin.dev/v1beta1',
      kind: 'ManifestRepository',
      metadata: { name: namespace },
      spec: {
        url: team.urlInCluster,
        secretRef: { name: namespace },
        allow: { namespaces: [namespace], paths: ['apps/**'] },
      },
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: argued.application,
      spec: {
        project: 'default',
        sources: [
          { repoURL: platform.urlInCluster, targetRevision: 'HEAD', path: 'canaries' },
          { repoURL: team.urlInCluster, targetRevision: 'main', path: 'apps/web' },
        ],
        destination: { server: 'https://kubernetes.default.svc', namespace },
        syncPolicy: { automated: { prune: true, selfHeal: true }, retry: { limit: 5, refresh: true } },
      },
    },
  ]);
  const push: ArguedApp['push'] = async (message, files) => {
    await team.pull();
    const commit = await team.commit(message, files);
    await refreshApplication(argued.application.name, namespace);
    return commit;
  };
  return {
    repository: team,
    push,
    release: (version, errorRate = 0) =>
      push(`web ${version}`, { [file]: `${deployment(version, errorRate)}\n` }),
    async remove() {
      await removeArguedApp();
      for (const { folder } of [team, platform]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function removeArguedApp(): Promise<void> {
  await removeApplication(argued.application.name, namespace);
  await deleteNamespace(namespace);
  await kubectl(['delete', 'manifestrepository', namespace, '--ignore-not-found']);
  await kubectl(['-n', operatorNamespace, 'delete', 'secret', namespace, '--ignore-not-found']);
}

/** The Application goes first, or it would put back what is deleted. */
export async function removeApplication(name: string, from: string): Promise<void> {
  await kubectl([
    '-n',
    from,
    'delete',
    'application.argoproj.io',
    name,
    '--ignore-not-found',
    '--timeout=60s',
  ]);
}
