/** `siskin analyze --last`: how a Canary's checks would have fared in the service's own past. */
import { durationMs } from '../api/duration.ts';
import type { Model } from '../controller/model.ts';
import { type Past, type Replayed, replay } from '../core/analysis/replay.ts';
import { type CheckSettings, checkSettings } from '../core/analysis/settings.ts';
import type { ThresholdRule } from '../core/analysis/threshold-rehearsal.ts';
import { type HistoryDeps, readHistory, scrapeSeconds } from '../metrics/history.ts';
import type { VantageSeries } from '../metrics/vantage/port.ts';
import { selectorText } from '../metrics/vantage/selector.ts';
import { comparedErrors, rampOf } from './evidence-plan.ts';
import { exitCodes, Failure } from './failure.ts';

/** Shares in percent, times in seconds. */
export interface ReplayReport {
  readonly apiVersion: 'cli.siskin.dev/v1';
  readonly kind: 'Replay';
  readonly canary: { readonly namespace: string; readonly name: string };
  readonly vantage: string;
  readonly past: {
    readonly seconds: number;
    readonly requests: number;
    readonly failedPercent: number;
    readonly interval: number;
  };
  /** Releases that were played for each line, each at a random moment of the past. */
  readonly releases: number;
  readonly checks: readonly ReplayedCheck[];
  /** Checks which cannot be replayed from counts of requests. */
  readonly notReplayed: readonly string[];
}

export interface ReplayedCheck {
  readonly name: string;
  readonly judge: 'threshold' | 'evidence';
  /** Whether the Canary has this check. */
  readonly isConfigured: boolean;
  readonly healthy: Outcome & { readonly failedAtMost: number };
  readonly regressions: readonly (Outcome & { readonly added: number })[];
}

interface Outcome {
  /** Percent of the releases that were taken back, and that held until the time limit. */
  readonly failed: number;
  readonly held: number;
  /** Requests that the canary failed, on average and at worst. */
  readonly failedRequests: number;
  readonly mostFailedRequests: number;
  /** Median. */
  readonly seconds: number;
}

const releases = 300;
const regressions = [0.01, 0.05, 0.5];
/** A longer past is read in longer intervals, which costs the replay little. */
const mostIntervals = 50_000;

export interface ReplayDeps {
  readonly history: HistoryDeps;
  readonly series: VantageSeries;
  readonly lastSeconds: number;
  readonly nowSeconds: number;
  readonly random: () => number;
}

/** Failure where the past holds too little. */
export async function replayReport(model: Model, deps: ReplayDeps): Promise<ReplayReport> {
  const { plan, key } = model;
  if (plan.weights.length === 0) {
    throw new Failure(
      `Canary ${key.namespace}/${key.name}: spec.analysis has no stepWeight or stepWeights; a blue/green canary has no requests to be judged by, so there is nothing to replay`,
    );
  }
  const { past, interval } = await pastOf(deps);
  const seconds = (past.at(-1)?.to ?? 0) - (past[0]?.from ?? 0);
  const requests = past.reduce((sum, { counts }) => sum + counts.total, 0);
  const requestsPerSecond = seconds > 0 ? requests / seconds : 0;
  const input = {
    past,
    ramp: rampOf(plan, requestsPerSecond, interval),
    scrapeSeconds: interval,
    limitSeconds:
      (2 * plan.weights.length * plan.intervalMs + plan.undecided.inconclusive.timeLimitMs) / 1_000,
    releases,
    regressions,
    draw: deps.random,
  };
  const checks: ReplayedCheck[] = [];
  for (const { check, threshold, ...rule } of rulesOf(model)) {
    // One rule takes a second or two, in which nothing else would run.
    await new Promise(resolve => setImmediate(resolve));
    const played = replay({ ...input, check, ...(threshold === undefined ? {} : { threshold }) });
    if (played === undefined) {
      throw new Failure(
        `the past that ${deps.history.address} holds is shorter than one release; replay more with --last, or later`,
      );
    }
    checks.push({
      ...rule,
      healthy: { ...outcomeOf(played.healthy), failedAtMost: percent(played.falseAlarmsAtMost) },
      regressions: played.regressions.map(each => ({ added: percent(each.added), ...outcomeOf(each) })),
    });
  }
  const failed = past.reduce((sum, { counts }) => sum + (counts.bad[0] ?? 0), 0);
  return {
    apiVersion: 'cli.siskin.dev/v1',
    kind: 'Replay',
    canary: key,
    vantage: deps.series.name,
    past: {
      seconds,
      requests: Math.round(requests),
      failedPercent: requests > 0 ? percent(failed / requests) : 0,
      interval,
    },
    releases,
    checks,
    notReplayed: notReplayed(model),
  };
}

async function pastOf({
  history,
  series,
  lastSeconds,
  nowSeconds,
}: ReplayDeps): Promise<{ past: Past[]; interval: number }> {
  const counters = [...series.canary.counters, ...series.primary.counters];
  const scrape = await scrapeSeconds(counters, nowSeconds, history);
  if (scrape === undefined) {
    const [first] = series.primary.counters;
    const selector = first === undefined ? series.name : selectorText(first.total);
    throw new Failure(
      `${history.address} has no samples of ${selector} in the last ten minutes; they need ${series.needs}. Another --vantage may have some`,
    );
  }
  const interval = Math.max(1, Math.round(scrape), Math.ceil(lastSeconds / mostIntervals));
  const to = Math.floor(nowSeconds / interval) * interval;
  const intervals = await readHistory(
    { counters, from: to - Math.ceil(lastSeconds / interval) * interval, to, step: interval },
    history,
  );
  const past = intervals.map(({ from, to: end, total, bad }) => ({
    from,
    to: end,
    counts: { total, bad: [bad] },
  }));
  return { past, interval };
}

interface Rule {
  readonly name: string;
  readonly judge: 'threshold' | 'evidence';
  readonly isConfigured: boolean;
  readonly check: CheckSettings;
  readonly threshold?: ThresholdRule;
}

/** What the Canary has; beside a threshold alone, what comparing would do with the same steps. */
function rulesOf({ canary, plan }: Model): Rule[] {
  const preset = checkSettings('errors', canary.spec.analysis.preset);
  const thresholds = (canary.spec.analysis.metrics ?? []).flatMap((metric): Rule[] => {
    const threshold = thresholdOf(metric, plan.threshold);
    if (threshold === undefined) return [];
    return [{ name: metric.name, judge: 'threshold', isConfigured: true, check: preset, threshold }];
  });
  const compared = comparedErrors(plan).map(
    ({ name, settings }): Rule => ({ name, judge: 'evidence', isConfigured: true, check: settings }),
  );
  const instead: Rule[] = [{ name: 'errors', judge: 'evidence', isConfigured: false, check: preset }];
  return [...thresholds, ...(plan.evidence === undefined ? instead : compared)];
}

function notReplayed({ canary, plan }: Model): string[] {
  const metrics = canary.spec.analysis.metrics ?? [];
  const compared = new Set(comparedErrors(plan).map(({ name }) => name));
  return [
    ...metrics.filter(metric => thresholdOf(metric, plan.threshold) === undefined),
    ...(plan.evidence?.checks ?? []).filter(({ name }) => !compared.has(name)),
  ].map(({ name }) => name);
}

type Metric = NonNullable<Model['canary']['spec']['analysis']['metrics']>[number];

function thresholdOf(metric: Metric, failures: number): ThresholdRule | undefined {
  const least = metric.thresholdRange?.min ?? metric.threshold;
  const isOwn = metric.query !== undefined || metric.templateRef !== undefined;
  if (metric.name !== 'request-success-rate' || isOwn || least === undefined) return undefined;
  return {
    leastGood: least / 100,
    windowSeconds: (durationMs(metric.interval) ?? 60_000) / 1_000,
    failures,
  };
}

function outcomeOf({ rolledBack, held, failedRequests, mostFailedRequests, seconds }: Replayed): Outcome {
  return {
    failed: percent(rolledBack),
    held: percent(held),
    failedRequests: Number(failedRequests.toPrecision(3)),
    mostFailedRequests: Math.round(mostFailedRequests),
    seconds: Math.round(seconds),
  };
}

/** With the digits that matter. */
function percent(share: number): number {
  return Number((share * 100).toPrecision(3));
}

/** `7d`, `12h` or any other duration, in seconds. Failure for anything else, and beyond a year. */
export function lastOf(text: string): number {
  const days = /^(\d{1,3})d$/.exec(text)?.[1];
  const seconds = days === undefined ? (durationMs(text) ?? 0) / 1_000 : Number(days) * 86_400;
  if (seconds >= 600 && seconds <= 366 * 86_400) return seconds;
  throw new Failure('--last: must be a duration from 10m to 366d, such as 7d or 12h', exitCodes.usage);
}
