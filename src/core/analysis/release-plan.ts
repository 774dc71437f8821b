/** What a release will be like before it starts: how long it takes, and what it would notice. */
import type { Arm } from './batch.ts';
import type { Ramp } from './ramp.ts';
import { type Rehearsal, rehearse } from './rehearsal.ts';
import type { CheckSettings } from './settings.ts';

export interface ReleaseInput {
  readonly ramp: Ramp;
  readonly check: CheckSettings;
  /** Of the service, both sides together. */
  readonly requestsPerSecond: number;
  /** The primary's share of bad requests, at each boundary of a latency check. */
  readonly primaryRates: readonly number[];
  readonly scrapeSeconds: number;
  /** How long a release may go without a verdict before its policy applies. */
  readonly undecidedSeconds: number;
}

export interface PlannedStep {
  readonly share: number;
  /** Until the next step, for a canary that is no worse than the primary. */
  readonly seconds: number;
  /** Requests that the canary gets in it. */
  readonly requests: number;
}

export interface ReleasePlan {
  readonly steps: readonly PlannedStep[];
  /** The steps alone. */
  readonly shortestSeconds: number;
  /** With the impact budget and the requests that a promotion needs, for a canary that is no worse. */
  readonly expectedSeconds: number;
  /** After the steps, and one time limit without a verdict. */
  readonly longestSeconds: number;
  /** False where a promotion lacks requests even at the end of the time limit. */
  readonly isDecidable: boolean;
  /** The lowest rate of bad requests which is noticed before the promotion where counts are as expected; absent where not even 100 % is. */
  readonly smallestRegression?: number;
}

/** Before the run, the primary is as if it had been watched for so many scrapes. */
const HISTORY_SCRAPES = 40;
const DELAY_SECONDS = 5;
const HALVINGS = 30;

/** Plays the release with expected counts, first with a canary as good as the primary, then with worse and worse ones. */
export function planRelease(input: ReleaseInput): ReleasePlan {
  const { ramp, undecidedSeconds } = input;
  const healthy = rehearseAt(input, 0);
  const worst = rehearseAt(input, 1);
  const smallest = worst.end === 'rolledBack' ? smallestNoticed(input) : undefined;
  const isDecidable = healthy.end === 'promoted';
  return {
    steps: healthy.steps.map((step, index) => ({ share: ramp.steps[index] ?? 0, ...step })),
    shortestSeconds: ramp.steps.length * ramp.stepSeconds,
    expectedSeconds: healthy.seconds,
    longestSeconds: healthy.seconds + (isDecidable ? undecidedSeconds : 0),
    isDecidable,
    ...(smallest === undefined ? {} : { smallestRegression: smallest }),
  };
}

function smallestNoticed(input: ReleaseInput): number {
  let missed = 0;
  let noticed = 1;
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (missed + noticed) / 2;
    if (rehearseAt(input, middle).end === 'rolledBack') noticed = middle;
    else missed = middle;
  }
  const [primary = 0] = input.primaryRates;
  return primary + (1 - primary) * noticed;
}

/** `worsening` is the share of otherwise good requests that the canary fails. */
function rehearseAt(input: ReleaseInput, worsening: number): Rehearsal {
  const { ramp, check, requestsPerSecond, primaryRates, scrapeSeconds, undecidedSeconds } = input;
  const canaryRates = primaryRates.map(rate => rate + (1 - rate) * worsening);
  const perScrape = expected(requestsPerSecond * scrapeSeconds, primaryRates);
  return rehearse({
    ramp,
    check,
    scrapeSeconds,
    delaySeconds: DELAY_SECONDS,
    limitSeconds: 2 * ramp.steps.length * ramp.stepSeconds + undecidedSeconds,
    history: Array.from({ length: HISTORY_SCRAPES }, () => perScrape),
    traffic: (from, to, share) => {
      const total = (to - from) * requestsPerSecond;
      return {
        canary: expected(total * share, canaryRates),
        primary: expected(total * (1 - share), primaryRates),
      };
    },
  });
}

function expected(total: number, rates: readonly number[]): Arm {
  return { total, bad: rates.map(rate => total * rate) };
}
