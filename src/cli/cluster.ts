/** The cluster of the user's kubeconfig, with the user's own rights. */
import { KubeConfig } from '@kubernetes/client-node';
import { createKubeClient } from '../runtime/kube.ts';
import type { KubeClient } from '../runtime/port.ts';
import type { Redactor } from '../runtime/redact.ts';
import { Failure } from './failure.ts';

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export interface Cluster {
  readonly kube: KubeClient;
  /** The one asked for, else that of the context. */
  readonly namespace: string;
  close(): Promise<void>;
}

export function connect(options: ClusterOptions, deps: { version: string; redactor: Redactor }): Cluster {
  const kubeConfig = load(options);
  const client = createKubeClient({ kubeConfig, ...deps, timeoutMs: 15_000 });
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  return {
    kube: client,
    namespace: options.namespace ?? context?.namespace ?? 'default',
    close: () => client.close(),
  };
}

function load({ kubeconfig, context }: ClusterOptions): KubeConfig {
  const config = new KubeConfig();
  const where = kubeconfig ?? process.env['KUBECONFIG'] ?? '~/.kube/config';
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch {
    // The parser's own words may quote the file, and with it a token.
    throw new Failure(
      `the kubeconfig ${where} cannot be read; set KUBECONFIG or --kubeconfig to one that can`,
    );
  }
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name);
    if (!known.includes(context)) {
      throw new Failure(`--context ${context} is not in ${where} (it has: ${known.join(', ') || 'none'})`);
    }
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null) {
    throw new Failure(`${where} has no current cluster; choose one with --context`);
  }
  return config;
}
