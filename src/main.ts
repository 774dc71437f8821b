/** The composition root: configuration, probes, leadership, signals; everything that ends the process is here. */
import { KubeConfig } from '@kubernetes/client-node';
import packageJson from '../package.json' with { type: 'json' };
import { ManifestRepositories } from './api/resources.ts';
import { type Config, readConfig } from './config.ts';
import { createRepositoryHooks } from './hooks.ts';
import { createOperator, healthOf } from './operator.ts';
import { sleep, systemClock } from './runtime/clock.ts';
import { createEventRecorder } from './runtime/events.ts';
import { fenced } from './runtime/fence.ts';
import { createKubeClient } from './runtime/kube.ts';
import { LeaderElection } from './runtime/leader.ts';
import { createLogger, type Log } from './runtime/log.ts';
import { createRedactor } from './runtime/redact.ts';
import { createSecretReader } from './secrets.ts';
import { createHealth } from './server/health.ts';
import { startServer } from './server/http.ts';
import { createTelemetry } from './server/telemetry.ts';

/** Work in hand gets this long at a stop; what is left is taken up by the next leader from status. */
const drainMs = 8_000;
/** Events that wait may go out; an API server that does not answer must not hold up the hand-over. */
const flushMs = 2_000;

function loadKubeConfig(path: string | undefined): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (path === undefined) kubeConfig.loadFromCluster();
  else kubeConfig.loadFromFile(path);
  return kubeConfig;
}

function apiServerOf(kubeConfig: KubeConfig): string {
  const host = URL.parse(kubeConfig.getCurrentCluster()?.server ?? '')?.hostname ?? '';
  return host.replace(/^\[|\]$/g, '');
}

async function run(config: Config): Promise<void> {
  const redactor = createRedactor();
  const log = createLogger({ level: config['log-level'], redactor });
  const telemetry = createTelemetry(packageJson.version);
  const kubeConfig = loadKubeConfig(config.kubeconfig);
  const client = createKubeClient({
    kubeConfig,
    version: packageJson.version,
    redactor,
    onRequest: telemetry.request,
  });
  const lease = createKubeClient({
    kubeConfig: loadKubeConfig(config.kubeconfig),
    version: packageJson.version,
    timeoutMs: (config['renew-seconds'] * 1_000) / 2,
    redactor,
    onRequest: telemetry.request,
  });
  const election = new LeaderElection({
    client: lease,
    namespace: config['operator-namespace'],
    name: config['lease-name'],
    identity: config.identity,
    timings: {
      leaseDurationMs: config['lease-seconds'] * 1_000,
      renewDeadlineMs: config['renew-seconds'] * 1_000,
      retryPeriodMs: config['retry-seconds'] * 1_000,
    },
    clock: systemClock,
    log,
    onStarted: () => operator.lead(),
    onStopped: reason => end(log, 1, `leadership lost: ${reason}`),
    onStatus: telemetry.leading,
  });
  const kube = config['leader-elect'] ? fenced(client, () => election.isLeader()) : client;
  const events = createEventRecorder({
    client: kube,
    clock: systemClock,
    log,
    instance: config.identity,
    redact: text => redactor.redact(text),
  });
  const operator = createOperator({
    config,
    apiServer: apiServerOf(kubeConfig),
    client,
    kube,
    events,
    clock: systemClock,
    log,
    redactor,
    telemetry,
  });
  const health = createHealth(healthOf(operator, telemetry.lag));
  const { registry } = telemetry;
  const server = await startServer({
    port: config.port,
    host: config['bind-address'],
    routes: {
      ...health,
      metrics: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
      hook: createRepositoryHooks({
        repositories: operator.caches.manifestrepositories,
        readSecret: createSecretReader(client, redactor),
        operatorNamespace: config['operator-namespace'],
        writeStatus: async (name, status) =>
          client.patch(ManifestRepositories, { name }, { status }, { subresource: 'status' }),
        clock: systemClock,
        log,
      }),
    },
  });
  log.info({ version: packageJson.version, port: server.port, identity: config.identity }, 'started');
  let stopping = false;
  async function stop(signal: string): Promise<void> {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    await operator.stop(drainMs);
    const told = new AbortController();
    await Promise.race([events.flush(), sleep(systemClock, flushMs, told.signal)]);
    told.abort();
    if (config['leader-elect']) await election.stop();
    await server.close();
    await Promise.all([client.close(), lease.close()]);
    end(log, 0, 'stopped');
  }
  process.once('SIGTERM', () => void stop('SIGTERM'));
  process.once('SIGINT', () => void stop('SIGINT'));
  function end(logger: Log, code: number, why: string): void {
    // Resigning is a part of an orderly stop, which goes on.
    if (stopping && code !== 0) return;
    logger.info({ code }, why);
    process.exit(code);
  }
  await operator.watch();
  log.info({}, 'caches are filled');
  if (config['leader-elect']) election.start();
  else operator.lead();
}

const invocation = readConfig(process.argv.slice(2), process.env);
switch (invocation.kind) {
  case 'run':
    await run(invocation.config);
    break;
  case 'version':
    process.stdout.write(`${packageJson.version}\n`);
    break;
  case 'help':
    process.stdout.write(`${invocation.text}\n`);
    break;
  case 'error':
    process.stderr.write(`${invocation.text}\n`);
    process.exitCode = 2;
}
