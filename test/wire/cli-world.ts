/** A cluster and a Prometheus on real sockets, and the command line that is asked about them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/cli/run.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Clock } from '../../src/runtime/port.ts';
import { createRandom, fixedSeed } from '../sim/random.ts';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import { type FakePrometheus, startFakePrometheus } from './fake-prometheus.ts';

export const userToken = 'the-token-of-the-user';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliWorld {
  readonly api: FakeApiServer;
  readonly prometheus: FakePrometheus;
  readonly folder: string;
  /** With the kubeconfig of the fake cluster, whose context has the namespace `shop`. */
  siskin(
    args: readonly string[],
    options?: { env?: Record<string, string>; clock?: Clock; tty?: boolean },
  ): Promise<Ran>;
  close(): Promise<void>;
}

const gatewayApi = 'gateway.networking.k8s.io/v1';

export async function startCliWorld(): Promise<CliWorld> {
  const api = await startFakeApiServer();
  const prometheus = await startFakePrometheus();
  const folder = mkdtempSync(join(tmpdir(), 'siskin-cli-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(api.url)));
  api.tokens = new Set([userToken]);
  const put = (
    collection: string,
    object: { metadata: { name: string; namespace?: string }; spec: object },
  ) => void api.store.create(collection, object);
  put(`${gatewayApi}/gateways`, {
    metadata: { name: 'gateway', namespace: 'default' },
    spec: { gatewayClassName: 'traefik' },
  });
  put(`${gatewayApi}/gatewayclasses`, {
    metadata: { name: 'traefik' },
    spec: { controllerName: 'traefik.io/gateway-controller' },
  });
  return {
    api,
    prometheus,
    folder,
    async siskin(args, { env = {}, clock = systemClock, tty = false } = {}) {
      const written = { stdout: '', stderr: '' };
      const stream = (name: 'stdout' | 'stderr') => ({
        isTTY: tty,
        write: (text: string) => {
          written[name] += text;
        },
      });
      const code = await run({
        args: [...args, '--kubeconfig', kubeconfig],
        env,
        stdout: stream('stdout'),
        stderr: stream('stderr'),
        clock,
        random: createRandom(fixedSeed).next,
      });
      return { code, ...written };
    },
    async close() {
      await api[Symbol.asyncDispose]();
      await prometheus.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function kubeconfigOf(server: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'fake',
    clusters: [{ name: 'fake', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'ana', user: { token: userToken } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'ana', namespace: 'shop' } }],
  };
}

/** The Canary `checkout` of namespace `shop`, with changes to its spec and its analysis. */
export function canaryObject(
  spec: Record<string, unknown> = {},
  analysis: Record<string, unknown> = {},
): { metadata: { name: string; namespace: string }; spec: object } {
  return {
    metadata: { name: 'checkout', namespace: 'shop' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' },
      service: { port: 80, gatewayRefs: [{ name: 'gateway', namespace: 'default' }] },
      analysis: {
        interval: '30s',
        stepWeights: [5, 20, 50],
        threshold: 2,
        metrics: [
          { name: 'request-success-rate', thresholdRange: { min: 99 } },
          { name: 'request-duration', thresholdRange: { max: 500 } },
        ],
        ...analysis,
      },
      ...spec,
    },
  };
}
