/** What every command of the command line shares: its surroundings, and the options that lead to a cluster. */
import { type Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { Clock } from '../runtime/port.ts';
import type { Redactor } from '../runtime/redact.ts';
import { type Cluster, type ClusterOptions, connect } from './cluster.ts';
import type { ExitCode } from './failure.ts';
import type { Terminal } from './terminal.ts';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** From 0 to just below 1. */
  readonly random: () => number;
  readonly terminal: Terminal;
  readonly redactor: Redactor;
  /** The exit code of a command that did what it was asked for. */
  readonly end: (code: ExitCode) => void;
}

export interface CommonOptions extends ClusterOptions {
  readonly output: 'table' | 'json';
}

export function addCommonOptions(command: Command): Command {
  return command
    .option('-n, --namespace <namespace>', "the Canary's namespace; that of the context when absent")
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'kubeconfig; KUBECONFIG or ~/.kube/config when absent')
    .addOption(
      new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'),
    );
}

/** Connects, works, and closes whatever came of it. */
export async function withCluster<T>(
  options: ClusterOptions,
  { redactor }: Surroundings,
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = connect(options, { version: packageJson.version, redactor });
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}
