/** A manifests repository, a Slack channel and the objects that let an application of `app.ts` use both. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  createGitRepository,
  type GitRepository,
  gitCredentials,
  inCluster,
  kubectl,
  operatorNamespace,
} from '../fixture.ts';
import { type App, type AppOptions, appName, type Release, startApp } from './app.ts';
import { slackToken } from './checkout.ts';

export type RepairedApp = App & {
  repository: GitRepository;
  /** Commits the release and applies it as CI would; gives the commit. */
  commit(release: Release): Promise<string>;
  /** Applies what the branch's head holds. */
  deploy(): Promise<void>;
  /** Subjects of the commits after this one, newest first, as the server has them. */
  subjectsAfter(commit: string): Promise<string[]>;
};

export type RepairOptions = AppOptions & {
  /** Merged over the ManifestRepository's spec. */
  repositorySpec?: Record<string, unknown>;
  /** Merged over `rollback.git`. */
  git?: Record<string, unknown>;
  /** Instead of the right Secret. */
  credentials?: object;
};

/** Version 1.0.0 comes from Git, is initialised and serves when this resolves. */
export async function startRepairedApp(options: RepairOptions): Promise<RepairedApp> {
  const { namespace, spec = {}, analysis = {}, before = [] } = options;
  const path = `apps/${namespace}`;
  const file = `${path}/deployment.yaml`;
  const repository = await createGitRepository(`${namespace}-${Date.now().toString(36)}`);
  const app = await startApp({
    ...options,
    async first(deployment) {
      await repository.commit('web 1.0.0', { [file]: textOf(deployment({ version: '1.0.0' })) });
    },
    before: [
      options.credentials ?? gitCredentials(namespace, operatorNamespace),
      {
        apiVersion: 'siskin.dev/v1beta1',
        kind: 'ManifestRepository',
        metadata: { name: namespace },
        spec: {
          url: repository.urlInCluster,
          secretRef: { name: namespace },
          allow: { namespaces: [namespace], paths: ['apps/**'] },
          ...options.repositorySpec,
        },
      },
      slackToken(namespace),
      ...secretAccess(namespace),
      {
        apiVersion: 'siskin.dev/v1beta1',
        kind: 'AlertProvider',
        metadata: { name: 'slack', namespace },
        spec: {
          type: 'slack',
          channel: namespace,
          address: `${inCluster.slack}/api`,
          secretRef: { name: 'slack-token' },
        },
      },
      ...before,
    ],
    analysis: { alerts: [{ name: 'team', providerRef: { name: 'slack' } }], ...analysis },
    spec: {
      rollback: { git: { repositoryRef: { name: namespace }, path, ...options.git } },
      ...spec,
    },
  });
  const deploy = async (): Promise<void> => {
    await repository.pull();
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', join(repository.folder, file)]);
  };
  return {
    ...app,
    repository,
    deploy,
    async commit(release) {
      const commit = await repository.commit(`web ${release.version}`, {
        [file]: textOf(app.deployment(release)),
      });
      await deploy();
      return commit;
    },
    async subjectsAfter(commit) {
      await repository.pull();
      return (await repository.log(`${commit}..HEAD`)).map(({ subject }) => subject);
    },
    async remove() {
      await app.remove();
      await kubectl(['delete', 'manifestrepository', namespace, '--ignore-not-found']);
      await kubectl(['-n', operatorNamespace, 'delete', 'secret', namespace, '--ignore-not-found']);
      rmSync(repository.folder, { recursive: true, force: true });
    },
  };
}

/** The right to read this namespace's Secrets, given as `deploy/` describes. */
function secretAccess(namespace: string): object[] {
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'siskin-secrets', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'siskin-secrets' },
      subjects: [{ kind: 'ServiceAccount', name: 'siskin', namespace: operatorNamespace }],
    },
  ];
}

/** JSON is YAML too. */
function textOf(object: object): string {
  return `${JSON.stringify(object, null, 2)}\n`;
}

/** Changes the Canary's spec as a person would, by a merge patch. */
export async function patchCanary(namespace: string, spec: object): Promise<void> {
  const patch = JSON.stringify({ spec });
  await kubectl(['-n', namespace, 'patch', 'canary.siskin.dev', appName, '--type=merge', '-p', patch]);
}
