/** `siskin plan`: what a release of this Canary will go through, how long it takes, and what it would notice. */
import type { Model } from '../controller/model.ts';
import { planRelease } from '../core/analysis/release-plan.ts';
import { checkSettings } from '../core/analysis/settings.ts';
import { formatDuration } from '../core/duration.ts';
import { describeLimits } from '../core/judge.ts';
import type { UndecidedKind } from '../core/plan.ts';
import { type Stretch, timetableOf } from '../core/timetable.ts';
import { comparedErrors, rampOf, wordsOf } from './evidence-plan.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Times in seconds since the canary's pods are ready; weights and shares in percent. */
export interface PlanReport {
  readonly apiVersion: 'cli.siskin.dev/v1';
  readonly kind: 'Plan';
  readonly canary: { readonly namespace: string; readonly name: string };
  readonly strategy: 'Canary' | 'BlueGreen';
  readonly steps: readonly { kind: Stretch['kind']; weight: number; from: number; until: number }[];
  readonly shortest: number;
  readonly longest: number;
  /** A release whose checks all fail is back on the primary after this; absent where nothing is checked. */
  readonly rollback?: {
    readonly after: number;
    readonly failedChecks: number;
    readonly exposedSeconds: number;
  };
  readonly holds: Readonly<Record<UndecidedKind, { timeLimit: number; policy: 'Hold' | 'Rollback' }>>;
  readonly checks: readonly { readonly name: string; readonly limit: string; readonly notices: string }[];
  /** With traffic given, and steps: what comparing the canary's errors with the primary's notices, or would notice. */
  readonly evidence?: {
    readonly isConfigured: boolean;
    readonly smallestRegression?: number;
    /** Of a release that is no worse than the primary. */
    readonly takes: number;
    readonly isDecidable: boolean;
  };
}

/** What the service gets: both sides together. */
export interface ExpectedTraffic {
  readonly requestsPerSecond: number;
  /** Percent of the requests that fail anyway. */
  readonly failing: number;
}

/** As the scrapes of most installations are. */
const usualScrapeSeconds = 15;

export function planReport(model: Model, traffic?: ExpectedTraffic): PlanReport {
  const { key, plan, canary } = model;
  const timetable = timetableOf(plan);
  const hold = (kind: UndecidedKind) => {
    const { timeLimitMs, policy } = plan.undecided[kind];
    return { timeLimit: timeLimitMs / 1_000, policy };
  };
  return {
    apiVersion: 'cli.siskin.dev/v1',
    kind: 'Plan',
    canary: key,
    strategy: plan.strategy,
    steps: timetable.stretches.map(({ from, until, ...rest }) => ({
      ...rest,
      from: from / 1_000,
      until: until / 1_000,
    })),
    shortest: timetable.shortestMs / 1_000,
    longest: timetable.longestMs / 1_000,
    ...(timetable.rollbackMs === undefined
      ? {}
      : {
          rollback: {
            after: timetable.rollbackMs / 1_000,
            failedChecks: plan.threshold,
            exposedSeconds: timetable.exposedSeconds,
          },
        }),
    holds: { noData: hold('noData'), error: hold('error'), inconclusive: hold('inconclusive') },
    checks: [
      ...(canary.spec.analysis.metrics ?? []).map(metric => {
        const limit = describeLimits(metric);
        return { name: metric.name, limit, notices: noticed(metric.name, limit) };
      }),
      ...(plan.evidence?.checks ?? []).map(check => ({ name: check.name, ...wordsOf(check) })),
    ],
    ...(traffic === undefined || plan.weights.length === 0 ? {} : { evidence: evidenceOf(model, traffic) }),
  };
}

function evidenceOf(
  { canary, plan }: Model,
  { requestsPerSecond, failing }: ExpectedTraffic,
): NonNullable<PlanReport['evidence']> {
  const [configured] = comparedErrors(plan);
  const { smallestRegression, expectedSeconds, isDecidable } = planRelease({
    ramp: rampOf(plan, requestsPerSecond, usualScrapeSeconds),
    check: configured?.settings ?? checkSettings('errors', canary.spec.analysis.preset),
    requestsPerSecond,
    primaryRates: [failing / 100],
    scrapeSeconds: usualScrapeSeconds,
    undecidedSeconds: plan.undecided.inconclusive.timeLimitMs / 1_000,
  });
  return {
    isConfigured: configured !== undefined,
    ...(smallestRegression === undefined
      ? {}
      : { smallestRegression: Number((smallestRegression * 100).toPrecision(3)) }),
    takes: Math.round(expectedSeconds),
    isDecidable,
  };
}

/** A threshold has no sample size, so this holds for many requests only. */
function noticed(name: string, limit: string): string {
  const least = /^at least (\d+(\.\d+)?)$/.exec(limit)?.[1];
  if (name === 'request-success-rate' && least !== undefined) {
    return `more than ${Number((100 - Number(least)).toPrecision(4))} % of the requests failing, whatever the primary's share`;
  }
  const most = /^at most (\S+)$/.exec(limit)?.[1];
  if (name === 'request-duration' && most !== undefined)
    return `the slowest hundredth of the requests taking more than ${most} ms`;
  return limit === 'no limit' ? 'nothing: it has no limit' : 'values outside the limit';
}

export function planText(report: PlanReport, { canary }: Model, terminal: Terminal): string {
  const { key, strong } = { key: report.canary, strong: (text: string) => terminal.paint('strong', text) };
  const name = key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
  const way = report.strategy === 'Canary' ? 'canary by weights' : 'blue/green';
  const start = canary.spec.skipAnalysis ? ', without checks (spec.skipAnalysis)' : '';
  const steps = report.steps.map(step => [
    labels[step.kind],
    `${step.weight} %`,
    time(step.from),
    time(step.until),
  ]);
  const checks = report.checks.map(check => [check.name, check.limit, check.notices]);
  return [
    strong(`${name}: ${way}${start}`),
    '',
    table(['', 'CANARY GETS', 'FROM', 'UNTIL'], steps),
    terminal.paint('quiet', "Times count from when the canary's pods are ready."),
    '',
    ...summary(report),
    '',
    ...(checks.length === 0
      ? [terminal.paint('unsure', 'No checks: every revision whose pods are ready is promoted.')]
      : [table(['CHECK', 'LIMIT', 'NOTICES'], checks)]),
    ...(report.evidence === undefined ? [] : ['', evidenceLine(report.evidence)]),
  ].join('\n');
}

const labels: Readonly<Record<Stretch['kind'], string>> = {
  step: 'step',
  check: 'check',
  promotion: 'primary takes the requests back',
  drain: 'canary finishes its last requests',
};

function summary({ shortest, longest, rollback, holds }: PlanReport): string[] {
  const limits = Object.values(holds).map(({ timeLimit }) => timeLimit);
  const ends = Object.values(holds).every(({ policy }) => policy === 'Rollback');
  const until = ends ? `, at most ${time(Math.max(...limits))} at a time` : ' until a person decides';
  return [
    `Shortest   ${time(shortest)}: every check passes, all pods are ready at once`,
    `Longest    ${time(longest)}: pods take all of spec.progressDeadlineSeconds, and one failed check less than it takes`,
    `           A check without an answer holds the release beyond that${until}.`,
    ...(rollback === undefined ? [] : [rollbackLine(rollback)]),
  ];
}

function rollbackLine({ after, failedChecks, exposedSeconds }: NonNullable<PlanReport['rollback']>): string {
  const checks = `${failedChecks} failed ${failedChecks === 1 ? 'check' : 'checks'}`;
  const cost =
    exposedSeconds > 0
      ? `, when the canary has answered as many requests as the service gets in ${time(exposedSeconds)}`
      : ', before the canary has answered any request';
  return `Rollback   after ${time(after)} at the earliest: ${checks}${cost}`;
}

function evidenceLine({
  isConfigured,
  smallestRegression,
  takes,
  isDecidable,
}: NonNullable<PlanReport['evidence']>): string {
  const least =
    smallestRegression === undefined
      ? 'nothing: the canary gets too few requests in these steps'
      : `a canary that fails ${smallestRegression} % of its requests or more`;
  const length = isDecidable
    ? `a good release takes ${time(takes)}`
    : 'even a good release has too few requests for a promotion within the time limit';
  const what = isConfigured
    ? 'comparing errors with the primary notices'
    : 'analysis.checks which compare errors with the primary would notice';
  return `At that traffic ${what} ${least}; ${length}.`;
}

function time(seconds: number): string {
  return seconds === 0 ? '0s' : formatDuration(seconds * 1_000);
}
