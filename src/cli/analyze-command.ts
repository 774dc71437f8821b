/** The command `siskin analyze`. */
import { type Command, Option } from 'commander';
import { type VantageName, vantageNames } from '../api/vantage.ts';
import { seriesAt } from '../controller/evidence-sources.ts';
import type { Model } from '../controller/model.ts';
import { vantageOf } from '../controller/vantage.ts';
import { createHttpClient } from '../http/client.ts';
import { HttpError } from '../http/error.ts';
import { HistoryError } from '../metrics/history.ts';
import { samplerOn } from '../metrics/sampler.ts';
import { createSeriesReader } from '../metrics/series/reader.ts';
import { createServers } from '../metrics/servers.ts';
import type { KubeClient } from '../runtime/port.ts';
import { createSecretReader } from '../secrets.ts';
import { createKubernetesRouter } from '../traffic/kubernetes.ts';
import type { Router } from '../traffic/port.ts';
import { analyzeNow } from './analyze.ts';
import { analysisCode, analysisJson, analysisText } from './analyze-text.ts';
import { fetchCanary } from './canary.ts';
import type { Cluster } from './cluster.ts';
import { addCommonOptions, type CommonOptions, type Surroundings, withCluster } from './command.ts';
import { Failure } from './failure.ts';
import { readRouter } from './gateway.ts';
import { withProgress } from './progress.ts';
import { type Access, accessOf, historyServer, reachHint } from './prometheus.ts';
import { lastOf, replayReport } from './replay.ts';
import { replayText } from './replay-text.ts';

/** For one page. */
const historyTimeoutMs = 60_000;
const largestPage = 64 * 1_024 * 1_024;

interface AnalyzeOptions extends CommonOptions {
  readonly last?: string;
  readonly prometheus?: string;
  readonly vantage?: VantageName;
}

export function addAnalyze(program: Command, surroundings: Surroundings): void {
  addCommonOptions(
    program
      .command('analyze')
      .description('Every check, asked now and judged as the operator would.')
      .argument('<NAME>', 'the Canary'),
  )
    .option(
      '--prometheus <url>',
      "the Prometheus to ask instead of the Canary's, whose address may hold only in the cluster; a token is read from SISKIN_PROMETHEUS_TOKEN",
    )
    .option(
      '--last <duration>',
      'instead of asking now, replay so much of the past (such as 7d): false alarms of healthy releases, and what bad ones would have cost',
    )
    .addOption(
      new Option('--vantage <name>', 'who counts the requests, where the gateway does not tell').choices(
        vantageNames,
      ),
    )
    .action(async (name: string, options: AnalyzeOptions) => {
      await withCluster(options, surroundings, async cluster => {
        await analyze(name, options, cluster, surroundings);
      });
    });
}

async function analyze(
  name: string,
  options: AnalyzeOptions,
  cluster: Cluster,
  surroundings: Surroundings,
): Promise<void> {
  const { env, redactor } = surroundings;
  const { kube } = cluster;
  const last = options.last === undefined ? undefined : lastOf(options.last);
  const readSecret = createSecretReader(
    kube,
    redactor,
    secret => `you may not read ${secret}; ask for the right`,
  );
  const access = accessOf(options.prometheus, env, readSecret, redactor);
  const model = seenFrom(options.vantage, await fetchCanary(cluster, name));
  const none = createKubernetesRouter();
  const routers = {
    gatewayapi: model.plan.routed ? await readRouter(kube, model) : none,
    kubernetes: none,
  };
  const asked = { model, access, routers, options };
  if (last === undefined) await analyzeChecks(asked, kube, surroundings);
  else await analyzePast(asked, last, surroundings);
}

/** As if the Canary said so. */
function seenFrom(vantage: VantageName | undefined, model: Model): Model {
  if (vantage === undefined) return model;
  const { canary } = model;
  const spec = { ...canary.spec, analysis: { ...canary.spec.analysis, vantage } };
  return { ...model, canary: { ...canary, spec } };
}

interface Asked {
  readonly model: Model;
  readonly access: Access;
  readonly routers: Readonly<Record<'gatewayapi' | 'kubernetes', Router>>;
  readonly options: AnalyzeOptions;
}

async function analyzeChecks(
  { model, access, routers, options }: Asked,
  kube: KubeClient,
  { clock, terminal, redactor, end }: Surroundings,
): Promise<void> {
  const { server, readSecret, isGiven } = access;
  const servers = createServers({ readSecret, defaultServer: server, clock, redactor });
  let answered = 0;
  const work = analyzeNow(
    model,
    {
      kube,
      routers,
      clock,
      sampler: samplerOn(servers),
      series: createSeriesReader({ servers, clock }),
      isServerGiven: isGiven,
    },
    () => {
      answered += 1;
    },
  );
  try {
    const total = (model.canary.spec.analysis.metrics ?? []).length;
    const what = () => `${answered} of ${total} checks are answered`;
    const rows = await withProgress({ terminal, clock }, what, work);
    if (options.output === 'json') terminal.printJson(analysisJson(model, rows));
    else terminal.print(analysisText(model, rows, terminal));
    if (!isGiven && rows.some(({ outcome }) => outcome === 'error')) {
      terminal.tell(reachHint(model.canary.spec.metricsServer ?? server.address));
    }
    end(analysisCode(rows));
  } finally {
    servers.close();
  }
}

async function analyzePast(
  { model, access, routers, options }: Asked,
  lastSeconds: number,
  { clock, random, terminal }: Surroundings,
): Promise<void> {
  const { key, canary } = model;
  const vantage = vantageOf(model, { routers });
  if (vantage === 'unknown') {
    throw new Failure(
      `Canary ${key.namespace}/${key.name}: no Gateway of spec.service.gatewayRefs has a GatewayClass, so that nobody knows who counts the requests; name it with --vantage`,
    );
  }
  const series = seriesAt(vantage, model);
  if ('problem' in series) throw new Failure(`Canary ${key.namespace}/${key.name}: ${series.problem}`);
  const { guard, ...server } = historyServer(access, canary.spec.metricsServer);
  const http = createHttpClient({
    timeoutMs: historyTimeoutMs,
    maxBytes: largestPage,
    ...(guard === undefined ? {} : { guard }),
  });
  let share = 0;
  const onPage = (read: number): void => {
    share = read;
  };
  try {
    const report = await withProgress(
      { terminal, clock },
      () => (share < 1 ? `${Math.floor(share * 100)} % of the past is read` : 'releases are played'),
      replayReport(model, {
        history: { http, ...server, onPage },
        series,
        lastSeconds,
        nowSeconds: clock.now() / 1_000,
        random,
      }),
    );
    if (options.output === 'json') terminal.printJson(report);
    else terminal.print(replayText(report, terminal));
  } catch (error) {
    if (!access.isGiven && error instanceof HttpError) {
      throw new Failure(`${error.message}. ${reachHint(server.address)}`);
    }
    throw error instanceof HistoryError ? new Failure(error.message) : error;
  } finally {
    http.close();
  }
}
