/** The command line of the benchmark: how much to measure; nothing about what passes, because nothing here fails by time. */
import { parseArgs } from 'node:util';

export interface Settings {
  /** Canaries that are judged by evidence at once. */
  readonly judged: number;
  /** Canaries in the big world, and how many of them are changed or fail at once. */
  readonly canaries: number;
  readonly atOnce: number;
  /** Repetitions of what is done one at a time. */
  readonly alone: number;
  readonly wholeRuns: number;
  readonly idleSeconds: number;
  readonly starts: number;
  /** Releases of each kind on the cluster with real pods; 0 leaves it out. */
  readonly cluster: number;
  /** What the repository holds in which reverts are timed. */
  readonly largeRepository: { readonly manifests: number; readonly commits: number };
  /** Where the table also goes. */
  readonly output?: string;
}

const full: Settings = {
  judged: 1_000,
  canaries: 500,
  atOnce: 100,
  alone: 20,
  wholeRuns: 5,
  idleSeconds: 30,
  starts: 5,
  cluster: 4,
  largeRepository: { manifests: 10_000, commits: 5_000 },
};
const quick: Settings = {
  judged: 100,
  canaries: 20,
  atOnce: 10,
  alone: 3,
  wholeRuns: 1,
  idleSeconds: 5,
  starts: 1,
  cluster: 0,
  largeRepository: { manifests: 1_000, commits: 500 },
};

const usage = `node test/bench/run.ts [--quick] [--no-cluster] [--no-control-plane] [--no-git] [--no-evidence]
                               [--output FILE]
  --quick             small numbers, to see that everything can still be measured (about a minute)
  --no-cluster        without the cluster with real pods
  --no-control-plane  without the control plane without nodes
  --no-git            without the large repository
  --no-evidence       without the judging of many canaries
  --output FILE       write the table there too`;

/** The text to show where help was asked for. */
export function readSettings(
  args: readonly string[],
):
  | (Settings & { readonly controlPlane: boolean; readonly git: boolean; readonly evidence: boolean })
  | string {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      'no-cluster': { type: 'boolean', default: false },
      'no-control-plane': { type: 'boolean', default: false },
      'no-git': { type: 'boolean', default: false },
      'no-evidence': { type: 'boolean', default: false },
      output: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return usage;
  return {
    ...(values.quick ? quick : full),
    ...(values['no-cluster'] ? { cluster: 0 } : {}),
    controlPlane: !values['no-control-plane'],
    git: !values['no-git'],
    evidence: !values['no-evidence'],
    ...(values.output === undefined ? {} : { output: values.output }),
  };
}
