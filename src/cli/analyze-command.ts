/** The command `siskin analyze`. */
import { type Command, Option } from 'commander';
import { vantageNames } from '../api/vantage.ts';
import { createSampler } from '../metrics/sampler.ts';
import { createSecretReader } from '../secrets.ts';
import { createKubernetesRouter } from '../traffic/kubernetes.ts';
import { analyzeNow } from './analyze.ts';
import { analysisCode, analysisJson, analysisText } from './analyze-text.ts';
import { fetchCanary } from './canary.ts';
import type { Cluster } from './cluster.ts';
import { addCommonOptions, type CommonOptions, type Surroundings, withCluster } from './command.ts';
import { readRouter } from './gateway.ts';
import { withProgress } from './progress.ts';
import { accessOf, reachHint } from './prometheus.ts';

interface AnalyzeOptions extends CommonOptions {
  readonly prometheus?: string;
  readonly vantage?: string;
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
  { env, clock, terminal, redactor, end }: Surroundings,
): Promise<void> {
  const { kube } = cluster;
  const access = accessOf(
    options.prometheus,
    env,
    createSecretReader(kube, redactor, secret => `you may not read ${secret}; ask for the right`),
  );
  const model = await fetchCanary(cluster, name);
  const sampler = createSampler({
    readSecret: access.readSecret,
    defaultServer: access.server,
    clock,
    redactor,
  });
  const none = createKubernetesRouter();
  let answered = 0;
  const work = async () =>
    analyzeNow(
      model,
      {
        kube,
        routers: { gatewayapi: model.plan.routed ? await readRouter(kube, model) : none, kubernetes: none },
        sampler,
        now: () => clock.now(),
        isServerGiven: access.isGiven,
        ...(options.vantage === undefined ? {} : { vantage: options.vantage }),
      },
      () => {
        answered += 1;
      },
    );
  try {
    const total = (model.canary.spec.analysis.metrics ?? []).length;
    const what = () => `${answered} of ${total} checks are answered`;
    const rows = await withProgress({ terminal, clock }, what, work());
    if (options.output === 'json') terminal.printJson(analysisJson(model, rows));
    else terminal.print(analysisText(model, rows, terminal));
    if (!access.isGiven && rows.some(({ outcome }) => outcome === 'error')) {
      terminal.tell(reachHint(model.canary.spec.metricsServer ?? access.server.address));
    }
    end(analysisCode(rows));
  } finally {
    sampler.close();
  }
}
