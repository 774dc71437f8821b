/** The words of a rollback's pull request: why, what was measured, what merging and closing mean. */
import { createHash } from 'node:crypto';
import type { CanaryRunStatus, RollbackStatus } from '../api/run-status.ts';
import type { PullRequestText } from '../forge/port.ts';
import type { Model } from './model.ts';

/** The same for every replica and after every crash: by its name the pull request is found again. */
export function proposalBranch(
  prefix: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  rollbackId: string,
): string {
  const id = createHash('sha256').update(rollbackId).digest('hex').slice(0, 8);
  return `${prefix.replace(/\/?$/u, '/')}rollback/${`${namespace}-${name}`.slice(0, 100)}-${id}`;
}

export interface ProposalFacts {
  readonly rollback: RollbackStatus;
  readonly run: CanaryRunStatus | undefined;
  readonly path: string;
  readonly failedCommit: string;
  readonly goodCommit: string;
  readonly evidence?: string;
  readonly files: readonly string[];
  readonly cluster?: string;
}

const shownFiles = 20;

export function proposalText({ key, workload }: Model, facts: ProposalFacts): PullRequestText {
  const { rollback, run, files } = facts;
  const name = `${key.namespace}/${key.name}`;
  const rows: [string, string][] = [
    ['Canary', name],
    ['Workload', `${workload.target.kind} ${workload.target.name}`],
    ...(facts.cluster === undefined ? [] : [['Cluster', facts.cluster] satisfies [string, string]]),
    ...imagesOf(run).map((change): [string, string] => ['Image', change]),
    ...checkOf(run),
    ['Failed revision', rollback.revision],
    ['Failed commit', facts.failedCommit],
    ['Promoted state', facts.goodCommit],
    ['Path', facts.path === '' ? '.' : facts.path],
    ...(facts.evidence === undefined ? [] : [['Applied by', facts.evidence] satisfies [string, string]]),
    ['Decided at', rollback.decidedAt],
  ];
  const steps = (run?.steps ?? []).map(({ at, text }) => `${at}  ${oneLine(text, 300)}`);
  const more = files.length - shownFiles;
  const body = [
    `The release that ${code(facts.failedCommit.slice(0, 12))} brought failed. Users are served by the promoted revision already; Git still asks for the one that failed.`,
    fenced([rollback.reason]),
    ['| | |', '|---|---|', ...rows.map(([what, value]) => `| ${what} | ${code(value)} |`)].join('\n'),
    'What happened:',
    fenced(steps),
    'It changes:',
    [
      ...files.slice(0, shownFiles).map(file => `- ${code(file)}`),
      ...(more > 0 ? [`- and ${more} more`] : []),
    ].join('\n'),
    '**Merge it** and Git describes again what runs. **Close it** to keep Git as it is: Siskin asks no second time for this revision, which gets no traffic either way.',
    `<!-- Rollback-Id: ${oneLine(rollback.id, 128).replaceAll('--', '-')} -->`,
  ];
  return { title: `Roll back ${name}: ${oneLine(rollback.reason, 120)}`, body: `${body.join('\n\n')}\n` };
}

function imagesOf(run: CanaryRunStatus | undefined): string[] {
  const { from = {}, to = {} } = run?.images ?? {};
  return Object.entries(to)
    .filter(([container, image]) => from[container] !== image)
    .slice(0, 6)
    .map(([container, image]) => `${from[container] ?? 'none'} to ${image}`);
}

function checkOf(run: CanaryRunStatus | undefined): [string, string][] {
  const verdict = run?.verdict;
  if (verdict === undefined || verdict.kind === 'Pass') return [];
  const weight = Math.max(0, ...(run?.steps ?? []).map(step => step.weight ?? 0));
  return [
    ['Check', verdict.check],
    ['Measured', verdict.value ?? ''],
    ['Allowed', verdict.limit ?? ''],
    ['Weight reached', `${weight} %`],
  ];
}

/** Code is what no host reads mentions, links or pictures from. */
function code(text: string): string {
  const plain = oneLine(text, 500).replaceAll('`', "'").replaceAll('|', '\\|');
  return plain === '' ? ' ' : `\`${plain}\``;
}

function fenced(lines: readonly string[]): string {
  const plain = lines.map(line => oneLine(line, 1_000).replaceAll('`', "'"));
  return ['```text', ...plain, '```'].join('\n');
}

function oneLine(text: string, max: number): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, max)
    .toWellFormed();
}
