/** Configuration: flags and environment, read once and checked as a whole before anything starts. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { logLevels } from './runtime/log.ts';

const list = z.string().transform(text =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== ''),
);
const seconds = z.coerce.number().min(1).max(3_600);

const Config = z
  .object({
    kubeconfig: z.string().optional(),
    namespaces: list,
    'operator-namespace': z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be the name of a namespace'),
    'argocd-namespace': z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be the name of a namespace'),
    identity: z.string().min(1).max(253),
    'leader-elect': z.boolean(),
    'lease-name': z.string().min(1).max(253),
    'lease-seconds': seconds,
    'renew-seconds': seconds,
    'retry-seconds': seconds,
    'bind-address': z.string().min(1),
    port: z.coerce.number().int().min(0).max(65_535),
    'log-level': z.enum(logLevels),
    'metrics-server': z
      .string()
      .regex(/^https?:\/\/[^\s@]+$/, 'must be an http or https URL without a user name'),
    provider: z.enum(['gatewayapi:v1', 'gatewayapi:v1beta1', 'kubernetes']),
    'selector-labels': list.refine(labels => labels.length > 0, 'must name at least one label'),
    'cluster-name': z.string().max(253),
    workers: z.coerce.number().int().min(1).max(256),
    'cache-dir': z.string().min(1),
    'allow-addresses': list,
    'deny-addresses': list,
    'breaker-limit': z.coerce.number().int().min(1).max(10_000),
    'breaker-seconds': z.coerce.number().min(1).max(86_400),
    'git-writes': z.boolean(),
    'reverts-per-hour': z.coerce.number().int().min(0).max(10_000),
  })
  .refine(
    config =>
      config['retry-seconds'] < config['renew-seconds'] && config['renew-seconds'] < config['lease-seconds'],
    {
      path: ['renew-seconds'],
      message: 'must lie between --retry-seconds and --lease-seconds, or two leaders could act at once',
    },
  );
export type Config = z.infer<typeof Config>;

type Name = keyof Config;

const help: Readonly<Record<Name, string>> = {
  kubeconfig:
    'file with the cluster and credentials; the ServiceAccount of the pod, or KUBECONFIG, when absent',
  namespaces: 'namespaces to watch, by commas; all when empty',
  'operator-namespace': 'namespace of the Lease and of the Secrets of ManifestRepositories (POD_NAMESPACE)',
  'argocd-namespace': 'namespace of Argo CD, whose Applications are tracked by their bare name',
  identity: 'name of this replica in the Lease (POD_NAME)',
  'leader-elect': 'act only while holding the Lease; --no-leader-elect for a single replica',
  'lease-name': 'name of the Lease',
  'lease-seconds': 'how long a dead leader is waited for',
  'renew-seconds': 'after how long without renewal a leader gives up',
  'retry-seconds': 'time between two tries to get or renew the Lease',
  'bind-address': 'address of the probes and metrics',
  port: 'port of the probes and metrics',
  'log-level': `one of ${logLevels.join(', ')}`,
  'metrics-server': 'Prometheus for built-in and inline queries of Canaries that name none',
  provider: 'provider of Canaries that name none',
  'selector-labels': 'labels by which Services may select pods, in order of preference',
  'cluster-name': 'name of the cluster in alerts',
  workers: 'Canaries that are worked on at once',
  'cache-dir': 'writable folder for Git mirrors; everything in it can be lost',
  'allow-addresses': 'hosts, IPs or ranges which tenants may name although they are refused by default',
  'deny-addresses': 'hosts, IPs or ranges which tenants may not name',
  'breaker-limit': 'more rollbacks than this within --breaker-seconds stop reverts, not traffic',
  'breaker-seconds': 'see --breaker-limit',
  'git-writes': 'write to Git at all; --no-git-writes holds every revert, and traffic still rolls back',
  'reverts-per-hour': 'reverts in any hour over all Canaries; the ones beyond are held',
};

function defaults(env: NodeJS.ProcessEnv): Partial<Record<Name, string | boolean>> {
  return {
    namespaces: '',
    'operator-namespace': env['POD_NAMESPACE'] ?? serviceAccountNamespace() ?? 'siskin-system',
    'argocd-namespace': 'argocd',
    identity: env['POD_NAME'] ?? `${hostname()}-${randomBytes(4).toString('hex')}`,
    'leader-elect': true,
    'lease-name': 'siskin',
    'lease-seconds': '15',
    'renew-seconds': '10',
    'retry-seconds': '2',
    'bind-address': '0.0.0.0',
    port: '8080',
    'log-level': 'info',
    'metrics-server': 'http://prometheus.monitoring:9090',
    provider: 'gatewayapi:v1',
    'selector-labels': 'app,name,app.kubernetes.io/name',
    'cluster-name': '',
    workers: '64',
    'cache-dir': join(tmpdir(), 'siskin'),
    'allow-addresses': '',
    'deny-addresses': '',
    'breaker-limit': '5',
    'breaker-seconds': '300',
    'git-writes': true,
    'reverts-per-hour': '30',
    ...(env['KUBECONFIG'] === undefined ? {} : { kubeconfig: env['KUBECONFIG'] }),
  };
}

function serviceAccountNamespace(): string | undefined {
  try {
    return readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/namespace', 'utf8').trim();
  } catch {
    return undefined;
  }
}

export type Invocation =
  | { readonly kind: 'run'; readonly config: Config }
  | { readonly kind: 'help' | 'error'; readonly text: string }
  | { readonly kind: 'version' };

/** Every flag can be given in the environment too, as `SISKIN_LOG_LEVEL` for `--log-level`; the flag wins. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv): Invocation {
  const names = Object.keys(help).filter(isName);
  const options = Object.fromEntries(
    names.map(name => [name, { type: isSwitch(name) ? ('boolean' as const) : ('string' as const) }]),
  );
  let given: Record<string, unknown>;
  try {
    const { values } = parseArgs({
      args: [...args],
      allowNegative: true,
      options: { ...options, help: { type: 'boolean' }, version: { type: 'boolean' } },
    });
    given = values;
  } catch (error) {
    return {
      kind: 'error',
      text: `${error instanceof Error ? error.message : 'bad arguments'}\nTry --help.`,
    };
  }
  if (given['help'] === true) return { kind: 'help', text: helpText(names, defaults(env)) };
  if (given['version'] === true) return { kind: 'version' };
  const fromEnv = Object.fromEntries(
    names.map(name => [name, envValue(name, env)]).filter(([, value]) => value !== undefined),
  );
  const parsed = Config.safeParse({ ...defaults(env), ...fromEnv, ...given });
  if (parsed.success) return { kind: 'run', config: parsed.data };
  return {
    kind: 'error',
    text: parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'),
  };
}

function envValue(name: Name, env: NodeJS.ProcessEnv): string | boolean | undefined {
  const value = env[`SISKIN_${name.toUpperCase().replaceAll('-', '_')}`];
  // Kubernetes sets SISKIN_PORT=tcp://… in the pods of a namespace that has a Service named siskin.
  if (value === undefined || (name === 'port' && value.startsWith('tcp://'))) return undefined;
  return isSwitch(name) ? value !== 'false' : value;
}

function helpText(names: readonly Name[], values: Partial<Record<Name, string | boolean>>): string {
  const lines = names.map(
    name =>
      `  --${name.padEnd(20)} ${help[name]}${values[name] === undefined || values[name] === '' ? '' : ` [${String(values[name])}]`}`,
  );
  return [
    'siskin: progressive delivery that repairs Git',
    '',
    ...lines,
    `  --${'version'.padEnd(20)} print the version`,
    '',
  ].join('\n');
}

function isSwitch(name: Name): boolean {
  return name === 'leader-elect' || name === 'git-writes';
}

function isName(name: string): name is Name {
  return Object.hasOwn(help, name);
}
