/** All checks of a release together: what the run may do now, when to look again, and what the impact budget allows. */
import type { RunEvidence } from '../../api/run-status.ts';
import { statusLimits } from '../../api/status-limits.ts';
import { allowedWeight, failedRequestsOf } from '../analysis/budget.ts';
import { weightWithin } from '../analysis/grain.ts';
import type { CheckResult } from '../judge.ts';
import { judgeBurnRate } from './burn-rate.ts';
import type { CheckEvidence, Moment } from './check-evidence.ts';
import { judgeCompare } from './compare.ts';
import { judgeGauges } from './gauge.ts';
import type { Budget, EvidenceCheck, EvidencePlan } from './plan.ts';
import type { Scraped } from './scraped.ts';
import { judgeThreshold } from './threshold.ts';
import { judgeWebhook } from './webhook.ts';

/** What the evidence of a run says in one pass. */
export interface Evidence {
  readonly checks: readonly CheckEvidence[];
  /** The check that speaks for all: the worst one. */
  readonly decisive: CheckEvidence;
  /** Up to which scrape all checks have judged, ms; 0 where one has judged nothing yet. */
  readonly until: number;
  /** When new samples are expected, ms. */
  readonly pollAt: number;
  readonly scrapeMs?: number;
  readonly requestsPerSecond?: number;
  /** The most percent that the impact budget allows; absent without a budget, or while there is nothing to say it by. */
  readonly allowed?: number;
}

/** A scrape is stored a moment after its timestamp. */
const storedAfterMs = 500;
/** Looked at again after this time when the expected samples have not come yet. */
const lateMs = 1_000;
/** Looked at again after this time where nothing tells when samples come. */
const blindMs = 5_000;

/** `scraped` has one entry per check of the plan; `stored` is what status keeps of the pass before. */
export function judgeEvidence(
  plan: EvidencePlan,
  stored: RunEvidence | undefined,
  scraped: readonly Scraped[],
  moment: Moment,
): Evidence {
  const checks = plan.checks.map((check, index) => {
    const state = stored?.checks.find(({ name }) => name === check.name)?.state;
    return judgeOne(check, state, scraped[index] ?? { kind: 'error', why: 'nothing was asked' }, moment);
  });
  const scrapes = checks.flatMap(({ scrapeMs }) => scrapeMs ?? []);
  const scrapeMs = scrapes.length === 0 ? undefined : Math.min(...scrapes);
  const newest = Math.max(0, ...checks.map(check => check.newest ?? 0));
  const compared = checks.find(({ counts }, index) => counts !== undefined && isErrors(plan.checks[index]));
  const { requestsPerSecond } = compared ?? {};
  const allowed =
    plan.budget === undefined || scrapeMs === undefined || compared === undefined
      ? undefined
      : allowedPercent(plan.budget, compared, scrapeMs);
  return {
    checks,
    decisive: worst(checks),
    until: Math.min(...checks.map(check => check.until ?? 0)),
    pollAt: nextPoll(newest, scrapeMs, moment.now),
    ...(scrapeMs === undefined ? {} : { scrapeMs }),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...(allowed === undefined ? {} : { allowed }),
  };
}

function judgeOne(
  check: EvidenceCheck,
  state: string | undefined,
  scraped: Scraped,
  moment: Moment,
): CheckEvidence {
  const { name } = check;
  if ('why' in scraped) {
    const message = `${name}: ${scraped.why}.`;
    return {
      name,
      outcome: scraped.kind,
      action: 'hold',
      message,
      ...(state === undefined ? {} : { state }),
    };
  }
  if (check.kind === 'gauge' && scraped.kind === 'gauges') return judgeGauges(check, state, scraped, moment);
  if (check.kind === 'webhook' && scraped.kind === 'answer')
    return judgeWebhook(check, state, scraped, moment);
  if (check.kind === 'compare' && (scraped.kind === 'counters' || scraped.kind === 'histograms'))
    return judgeCompare(check, state, scraped, moment);
  if (scraped.kind !== 'counters')
    throw new Error(`the ${check.kind} check ${name} is none of ${scraped.kind}`);
  if (check.kind === 'threshold') return judgeThreshold(check, state, scraped, moment);
  if (check.kind === 'burnRate') return judgeBurnRate(check, state, scraped, moment);
  throw new Error(`the ${check.kind} check ${name} is none of counters`);
}

function isErrors(check: EvidenceCheck | undefined): boolean {
  return check?.kind === 'compare' && check.settings.kind === 'errors';
}

/** Worst first: what is proven, then what cannot be known, then what holds, then what is not enough yet. */
function rankOf({ outcome, action }: CheckEvidence): number {
  if (action === 'rollback') return 0;
  if (outcome === 'error') return 1;
  if (outcome === 'noData') return 2;
  if (action === 'hold') return 3;
  return outcome === 'inconclusive' ? 4 : 5;
}

function worst(checks: readonly CheckEvidence[]): CheckEvidence {
  const [first, ...others] = checks;
  if (first === undefined) throw new Error('a plan of evidence has a check');
  return others.reduce((least, check) => (rankOf(check) < rankOf(least) ? check : least), first);
}

/** Right after the next scrape is expected; soon again where it is late; with patience where nothing comes at all. */
function nextPoll(newest: number, scrapeMs: number | undefined, now: number): number {
  if (scrapeMs === undefined || newest === 0) return now + blindMs;
  const expected = newest + scrapeMs + storedAfterMs;
  if (expected > now) return expected;
  return now + (now - newest > 3 * scrapeMs ? Math.max(lateMs, Math.min(scrapeMs, blindMs)) : lateMs);
}

/** How long a bad canary serves before it is found: two scrapes, for one alone never decides, and the way to the route. */
function detectionSeconds(scrapeMs: number): number {
  return (2 * scrapeMs) / 1_000 + 5;
}

function allowedPercent(
  budget: Budget,
  { counts, requestsPerSecond = 0 }: CheckEvidence,
  scrapeMs: number,
): number | undefined {
  if (counts === undefined || requestsPerSecond <= 0) return undefined;
  const failedRequests =
    'failedRequests' in budget
      ? budget.failedRequests
      : failedRequestsOf(budget.errorBudgetShare, budget.slo, requestsPerSecond);
  const share = allowedWeight({
    failedRequests,
    requestsPerSecond,
    latencySeconds: detectionSeconds(scrapeMs),
    ...counts,
  });
  return weightWithin(share);
}

/** The decisive check as the sample that decided, where it decides. */
export function verdictOf({ decisive }: Evidence): CheckResult | undefined {
  const { name, action, message, limit = 'no worse than the primary' } = decisive;
  if (action !== 'rollback') return undefined;
  const value = message.replace(`${name}: `, '').replace(/\.$/, '');
  return { check: name, outcome: 'fail', value, limit };
}

const outcomes = {
  pass: 'Pass',
  fail: 'Fail',
  inconclusive: 'Inconclusive',
  noData: 'NoData',
  error: 'Error',
} as const;

/** The evidence as status keeps it. */
export function recordEvidence(evidence: Evidence): RunEvidence {
  const { until, scrapeMs, requestsPerSecond, allowed } = evidence;
  return {
    pollAt: new Date(evidence.pollAt).toISOString(),
    ...(until === 0 ? {} : { until: new Date(until).toISOString() }),
    ...(scrapeMs === undefined ? {} : { scrapeSeconds: scrapeMs / 1_000 }),
    ...(requestsPerSecond === undefined
      ? {}
      : { requestsPerSecond: Number(requestsPerSecond.toPrecision(3)) }),
    ...(allowed === undefined ? {} : { allowedWeight: allowed }),
    checks: evidence.checks.map(({ name, outcome, message, state }) => ({
      name,
      outcome: outcomes[outcome],
      message: message.slice(0, 512),
      ...(state === undefined || state.length > statusLimits.checkState ? {} : { state }),
    })),
  };
}
