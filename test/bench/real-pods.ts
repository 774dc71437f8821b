/** The world with real pods: the fixture's cluster, Siskin installed as users install it, one application under load. */
import { KubeConfig } from '@kubernetes/client-node';
import { Deployments } from '../../src/api/resources.ts';
import { type ConnectedKubeClient, createKubeClient } from '../../src/runtime/kube.ts';
import { identities } from '../kind/controlplane/api-server.ts';
import {
  access,
  apply,
  clusterUp,
  createGitRepository,
  deleteNamespace,
  demoDeployment,
  failSlack,
  type GitRepository,
  gitCredentials,
  inCluster,
  installOperator,
  kubectl,
  namespaceObject,
  operatorNamespace,
  startLoad,
  stopLoad,
} from '../kind/fixture.ts';
import { AuditLog } from './audit-log.ts';
import { History } from './history.ts';
import { canary, manifestRepository, namespace } from './objects.ts';
import { Recording } from './timeline.ts';

export const application = 'shop';

export interface RealPods {
  readonly history: History;
  record(): Recording;
  /** Commits the version to Git and rolls it out, as CI would. */
  release(version: string, errorRate: number): Promise<void>;
  /** Rolls a version out without a commit, as Flux does after a revert. */
  apply(version: string): Promise<void>;
  close(): Promise<void>;
}

const manifestPath = `apps/${application}/deployment.json`;

/** Long enough for the checks to have two scrapes of traffic at each step. */
export const realInterval = '5s';

export async function startRealPods(): Promise<RealPods> {
  await clusterUp();
  await installOperator();
  await remove();
  const repository = await createGitRepository(`bench-${Date.now().toString(36)}`);
  await repository.commit('1.0.0', { [manifestPath]: manifest('1.0.0', 0) });
  const { kubeconfig, auditLog } = await access();
  const kube = clientOf(kubeconfig);
  await apply([namespaceObject(namespace), gitCredentials('manifests-write', operatorNamespace)]);
  await apply(objects(repository));
  await startLoad({ host: `${application}.example.com`, rate: 40, stream: 'bench' });
  const history = new History(kube, namespace);
  await history.start();
  const actors = {
    operator: `system:serviceaccount:${operatorNamespace}:siskin`,
    user: identities.admin.user,
    controller: 'system:serviceaccount:kube-system:deployment-controller',
  };
  const rollOut = async (version: string, errorRate: number) => {
    const { spec } = release(version, errorRate);
    const template = spec.template;
    await kube.patch(Deployments, { namespace, name: application }, { spec: { template } });
  };
  return {
    history,
    record: () => new Recording(new AuditLog(auditLog), history, actors, [application]),
    async release(version, errorRate) {
      // Siskin's reverts come first.
      await repository.pull();
      await repository.commit(version, { [manifestPath]: manifest(version, errorRate) });
      await rollOut(version, errorRate);
    },
    apply: version => rollOut(version, 0),
    close: () => close(kube, history),
  };
}

function objects(repository: GitRepository): object[] {
  const { spec } = canary(application, true);
  const typed = { apiVersion: 'siskin.dev/v1beta1', metadata: { name: application, namespace } };
  const provider = (name: string) => ({
    ...typed,
    kind: 'AlertProvider',
    metadata: { name, namespace },
    spec: { type: 'slack', address: `${inCluster.slack}/services/${name}` },
  });
  return [
    release('1.0.0', 0),
    provider('bot'),
    provider('webhook'),
    { ...typed, kind: 'ManifestRepository', ...manifestRepository(repository.urlInCluster) },
    { ...typed, kind: 'Canary', spec: spaced(spec) },
  ];
}

/** The bench's Canary on the fixture's Gateway, with steps long enough for real samples. */
function spaced(spec: unknown): object {
  const { analysis, ...rest }: { analysis?: object } = Object.assign({}, spec);
  const service = {
    port: 9898,
    gatewayRefs: [{ name: 'gateway', namespace: 'default' }],
    hosts: [`${application}.example.com`],
  };
  return { ...rest, service, analysis: { ...analysis, interval: realInterval, stepWeight: 25 } };
}

function release(version: string, errorRate: number): { spec: { template: object } } {
  const made = demoDeployment({ namespace, name: application, version, replicas: 2, errorRate });
  return Object.assign({ spec: { template: {} } }, made);
}

function manifest(version: string, errorRate: number): string {
  return `${JSON.stringify(release(version, errorRate), undefined, 2)}\n`;
}

function clientOf(kubeconfig: string): ConnectedKubeClient {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  return createKubeClient({ kubeConfig, version: 'bench' });
}

/** What this bench, or one that was killed, left behind. */
async function remove(): Promise<void> {
  await deleteNamespace(namespace);
  await kubectl(['delete', 'manifestrepository', 'manifests', '--ignore-not-found']);
}

async function close(kube: ConnectedKubeClient, history: History): Promise<void> {
  await failSlack({ mode: 'none' });
  await stopLoad('bench');
  await history.stop();
  await kube.close();
  await remove();
}
