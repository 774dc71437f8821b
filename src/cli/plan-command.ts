/** The command `siskin plan`. */
import { type Command, InvalidArgumentError } from 'commander';
import { fetchCanary, modelOf } from './canary.ts';
import { addCommonOptions, type CommonOptions, type Surroundings, withCluster } from './command.ts';
import { readManifest } from './manifest.ts';
import { planReport, planText } from './plan.ts';

interface PlanOptions extends CommonOptions {
  readonly filename?: string;
  readonly rate?: number;
  readonly failing: number;
}

export function addPlan(program: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  addCommonOptions(
    program
      .command('plan')
      .description('What a release goes through, how long it takes, and what it would notice.')
      .argument('[NAME]', 'the Canary; with -f, which one of the file'),
  )
    .option('-f, --filename <file>', 'a manifest instead of the cluster; - is stdin')
    .option(
      '--rate <requests>',
      'requests per second of the service, for what would be noticed',
      within(0.001, 1e7),
    )
    .option('--failing <percent>', 'percent of them that fail anyway', within(0, 50), 0.1)
    .action(async (name: string | undefined, options: PlanOptions, command: Command) => {
      const { filename } = options;
      if (filename === undefined && name === undefined) {
        command.error('error: name a Canary, or a file with -f');
      }
      const model =
        filename === undefined
          ? await withCluster(options, surroundings, async cluster => fetchCanary(cluster, name ?? ''))
          : modelOf(await readManifest(filename, name), `the Canary in ${filename}`);
      const { rate, failing } = options;
      const report = planReport(model, rate === undefined ? undefined : { requestsPerSecond: rate, failing });
      if (options.output === 'json') terminal.printJson(report);
      else terminal.print(planText(report, model, terminal));
    });
}

function within(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}
