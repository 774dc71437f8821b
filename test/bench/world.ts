/** A real API server with everything that Siskin talks to beside it, and as many Canaries as are asked for; no pods. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import {
  AlertProviders,
  Canaries,
  Deployments,
  ManifestRepositories,
  Secrets,
} from '../../src/api/resources.ts';
import { type ConnectedKubeClient, createKubeClient } from '../../src/runtime/kube.ts';
import type { KubeObject } from '../../src/runtime/port.ts';
import { ensureGatewayApi } from '../kind/build/binaries.ts';
import { runKubectl } from '../kind/cluster/kubectl.ts';
import { identities } from '../kind/controlplane/api-server.ts';
import { writeKubeconfig } from '../kind/controlplane/kubeconfig.ts';
import { type ControlPlane, startControlPlane } from '../kind/controlplane/light.ts';
import { repositoryRoot } from '../kind/lib/paths.ts';
import { type GitServer, startGitServer } from '../wire/git-server.ts';
import { AuditLog } from './audit-log.ts';
import { History } from './history.ts';
import {
  alertProviders,
  canary,
  canaryName,
  deployment,
  manifestRepository,
  namespace,
  operatorNamespace,
  pathOf,
  podTemplate,
  secret,
} from './objects.ts';
import { type Controllers, createGateway, startControllers } from './stand-ins/controllers.ts';
import { type Script, startPrometheus } from './stand-ins/prometheus.ts';
import { type Slack, startSlack } from './stand-ins/slack.ts';
import { Recording } from './timeline.ts';

export interface World {
  readonly kube: ConnectedKubeClient;
  readonly audit: AuditLog;
  readonly history: History;
  readonly prometheus: Script;
  readonly slack: Slack;
  readonly git: GitServer;
  readonly operatorFlags: readonly string[];
  readonly names: readonly string[];
  readonly failures: readonly Error[];
  /** Adds Canaries with their targets until there are so many; the first `withGit` of all revert to Git. */
  grow(count: number, withGit: number): Promise<void>;
  change(name: string, version: string): Promise<void>;
  /** What a developer merges: the same change in the manifests repository. */
  commit(name: string, version: string): void;
  /** A version that no Canary had before. */
  nextVersion(): string;
  promoted(name: string, version: string): void;
  promotedVersion(name: string): string;
  record(names: readonly string[]): Recording;
  close(): Promise<void>;
}

const operatorUser = `system:serviceaccount:${operatorNamespace}:siskin`;
const firstVersion = '1.0.0';

export async function startWorld(folder: string): Promise<World> {
  const controlPlane = await startControlPlane();
  const [prometheus, slack, git] = await Promise.all([
    startPrometheus(),
    startSlack(),
    startGitServer(folder),
  ]);
  const kube = clientOf(controlPlane.kubeconfig);
  await install(controlPlane);
  await furnish(kube, slack.url, git);
  const history = new History(kube, namespace);
  await history.start();
  const controllers = startControllers(kube, history.deployments, history.routes);
  const names: string[] = [];
  const versions = new Map<string, string>();
  let released = 0;
  const audit = new AuditLog(controlPlane.auditLog);
  const { user } = identities.admin;
  return {
    kube,
    audit,
    history,
    prometheus,
    slack,
    git,
    names,
    failures: controllers.failures,
    operatorFlags: await flagsOf(controlPlane, folder, prometheus.url),
    async grow(count, withGit) {
      const added = Array.from({ length: count - names.length }, (_, index) =>
        canaryName(names.length + index),
      );
      const inGit = added.filter((_, index) => names.length + index < withGit);
      if (inGit.length > 0)
        git.repository.commit(
          Object.fromEntries(inGit.map(name => [manifestOf(name), manifest(name, firstVersion)])),
        );
      await Promise.all(added.map(async name => kube.create(Deployments, deployment(name, firstVersion))));
      await Promise.all(added.map(async name => kube.create(Canaries, canary(name, inGit.includes(name)))));
      names.push(...added);
    },
    async change(name, version) {
      await kube.patch(Deployments, { namespace, name }, { spec: { template: podTemplate(name, version) } });
    },
    commit(name, version) {
      git.repository.commit(
        { [manifestOf(name)]: manifest(name, version) },
        { message: `${name} ${version}` },
      );
    },
    nextVersion: () => `1.0.${(released += 1)}`,
    promoted: (name, version) => void versions.set(name, version),
    promotedVersion: name => versions.get(name) ?? firstVersion,
    record: some => new Recording(audit, history, { operator: operatorUser, user, controller: user }, some),
    close: () => close({ controllers, history, kube, prometheus, slack, git, controlPlane }),
  };
}

function manifestOf(name: string): string {
  return `${pathOf(name)}/deployment.json`;
}

function manifest(name: string, version: string): string {
  return `${JSON.stringify(deployment(name, version), undefined, 2)}\n`;
}

function clientOf(kubeconfig: string): ConnectedKubeClient {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  return createKubeClient({ kubeConfig, version: 'bench' });
}

/** As users install it, for its kinds and its rights; its Deployment stays without pods here. */
async function install(controlPlane: ControlPlane): Promise<void> {
  const apply = ['apply', '--server-side'];
  const folder = await ensureGatewayApi();
  const kinds = ['_httproutes.yaml', '_gateways.yaml', '_gatewayclasses.yaml'];
  const files = readdirSync(folder).filter(file => kinds.some(end => file.endsWith(end)));
  await runKubectl(controlPlane, [...apply, ...files.flatMap(file => ['-f', join(folder, file)])]);
  await runKubectl(controlPlane, [...apply, '-k', join(repositoryRoot, 'deploy', 'base')]);
  await runKubectl(controlPlane, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await runKubectl(controlPlane, ['create', 'namespace', namespace]);
  const binding = `rolebinding siskin-secrets --clusterrole=siskin-secrets --serviceaccount=${operatorNamespace}:siskin`;
  await runKubectl(controlPlane, ['-n', namespace, 'create', ...binding.split(' ')]);
}

async function furnish(kube: ConnectedKubeClient, slackUrl: string, git: GitServer): Promise<void> {
  const { username, password, ca } = git;
  const credentials = { username, password, 'ca.crt': ca };
  await createGateway(kube);
  await kube.create(Secrets, secret('slack', namespace, { token: 'xoxb-for-the-stand-in' }));
  await kube.create(Secrets, secret('manifests-write', operatorNamespace, credentials));
  for (const provider of alertProviders(slackUrl)) await kube.create<KubeObject>(AlertProviders, provider);
  await kube.create(ManifestRepositories, manifestRepository(git.url));
}

/** Under its own ServiceAccount: an administrator's requests would pass by the API server's queues. */
async function flagsOf(controlPlane: ControlPlane, folder: string, metrics: string): Promise<string[]> {
  const create = ['-n', operatorNamespace, 'create', 'token', 'siskin', '--duration=24h'];
  const token = (await runKubectl(controlPlane, create)).trim();
  const { url, caFile } = controlPlane;
  const file = join(folder, 'operator.kubeconfig');
  const options = {
    kubeconfig: writeKubeconfig({ file, url, caFile, token, user: operatorUser }),
    'operator-namespace': operatorNamespace,
    'cache-dir': join(folder, 'cache'),
    'bind-address': '127.0.0.1',
    port: '0',
    'metrics-server': metrics,
    // The stand-ins are on loopback, and a hundred failing releases are no outage here.
    'allow-addresses': '127.0.0.1',
    'breaker-limit': '10000',
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
}

async function close(all: {
  controllers: Controllers;
  history: History;
  kube: ConnectedKubeClient;
  prometheus: Script;
  slack: Slack;
  git: GitServer;
  controlPlane: ControlPlane;
}): Promise<void> {
  all.controllers.stop();
  await all.history.stop();
  await all.kube.close();
  await Promise.all([all.prometheus.close(), all.slack.close(), all.git[Symbol.asyncDispose]()]);
  await all.controlPlane.stop();
}
