/** An application under a Canary in a namespace of its own, small and fast, for tests of one behaviour each. */
import {
  apply,
  deleteNamespace,
  demoDeployment,
  loadStats,
  namespaceObject,
  startLoad,
  stopLoad,
  summarize,
  waitFor,
} from '../fixture.ts';
import { type Followed, follow } from './follow.ts';

export type AppOptions = {
  /** Also the name of the load's stream. */
  namespace: string;
  /** Merged over `spec`. */
  spec?: Record<string, unknown>;
  analysis?: Record<string, unknown>;
  requestsPerSecond?: number;
  /** Objects that must be there before the Canary. */
  before?: object[];
  /** Done before anything is in the cluster. */
  first?: (deployment: (release: Release) => object) => Promise<void>;
};

export const appName = 'web';

export type Release = { version: string; errorRate?: number };

export type App = {
  namespace: string;
  host: string;
  canary: Followed;
  deployment(release: Release): object;
  release(release: Release): Promise<void>;
  /** Second by second since the load began. */
  seconds(): Promise<Awaited<ReturnType<typeof loadStats>>['seconds']>;
  /** Resolves when only this version has answered for two seconds. */
  allFrom(version: string): Promise<void>;
  remove(): Promise<void>;
};

export type CanaryManifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  spec: { service: Record<string, unknown>; [field: string]: unknown };
};

export function canaryObject({ namespace, spec = {}, analysis = {} }: AppOptions): CanaryManifest {
  return {
    apiVersion: 'siskin.dev/v1beta1',
    kind: 'Canary',
    metadata: { name: appName, namespace },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: appName },
      progressDeadlineSeconds: 120,
      service: {
        port: 9898,
        targetPort: 'http',
        hosts: [`${namespace}.example.com`],
        gatewayRefs: [{ name: 'gateway', namespace: 'default' }],
      },
      analysis: {
        interval: '3s',
        threshold: 1,
        stepWeights: [30, 60],
        metrics: [{ name: 'request-success-rate', interval: '10s', thresholdRange: { min: 95 } }],
        ...analysis,
      },
      ...spec,
    },
  };
}

/** Version 1.0.0 is initialised and serves `requestsPerSecond` when this resolves. */
export async function startApp(options: AppOptions): Promise<App> {
  const { namespace, before = [], requestsPerSecond = 40 } = options;
  const host = `${namespace}.example.com`;
  await deleteNamespace(namespace);
  await apply(namespaceObject(namespace));
  const canary = await follow(namespace, appName);
  const deployment = ({ version, errorRate = 0 }: Release): object =>
    demoDeployment({ namespace, name: appName, version, errorRate });
  const release = async (wanted: Release): Promise<void> => apply(deployment(wanted));
  await options.first?.(deployment);
  await apply([...before, deployment({ version: '1.0.0' }), canaryObject(options)]);
  await canary.phase('Initialized', 90_000);
  const stats = async (since = 0) => (await loadStats({ stream: namespace, since })).seconds;
  await startLoad({ stream: namespace, host, rate: requestsPerSecond });
  await waitFor('the first answers', async () =>
    summarize({ seconds: await stats() }).share('1.0.0') > 0 ? true : undefined,
  );
  // The counts begin only now: the gateway may have answered before it knew the route.
  await startLoad({ stream: namespace, host, rate: requestsPerSecond });
  return {
    namespace,
    host,
    canary,
    deployment,
    release,
    seconds: () => stats(),
    async allFrom(version) {
      await waitFor(
        `all answers to come from ${version}`,
        async () => {
          const summary = summarize({ seconds: await stats(Math.floor(Date.now() / 1_000) - 2) });
          return summary.answered >= requestsPerSecond && summary.share(version) === 1 ? true : undefined;
        },
        { timeoutMs: 20_000 },
      );
    },
    async remove() {
      canary.stop();
      await stopLoad(namespace).catch(() => {});
      await deleteNamespace(namespace);
    },
  };
}
