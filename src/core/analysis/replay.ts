/** A service's own past as a test of its checks: how often they would have failed a release that was as good as what ran, and what worse ones would have cost. */
import type { Arm } from './batch.ts';
import { rateBound } from './bound.ts';
import { binomial, type Draw } from './draw.ts';
import type { Ramp } from './ramp.ts';
import { type Rehearsal, rehearse, type Traffic } from './rehearsal.ts';
import type { CheckSettings } from './settings.ts';
import { rehearseThreshold, type ThresholdRule } from './threshold-rehearsal.ts';

/** The service's counts of one scrape interval, seconds since any moment. */
export interface Past {
  readonly from: number;
  readonly to: number;
  readonly counts: Arm;
}

export interface ReplayInput {
  /** In order, without overlaps; a gap is a time without requests. */
  readonly past: readonly Past[];
  readonly ramp: Ramp;
  readonly check: CheckSettings;
  readonly scrapeSeconds: number;
  /** How long a release may take before it counts as held. */
  readonly limitSeconds: number;
  /** Latency's bucket boundaries. */
  readonly bounds?: readonly number[];
  /** Releases to play, each at a moment of its own; of every regression as many. */
  readonly releases: number;
  /** Shares of otherwise good requests that a bad release fails. */
  readonly regressions: readonly number[];
  readonly draw: Draw;
  /** Judge by this threshold instead of by evidence. */
  readonly threshold?: ThresholdRule;
}

export interface Replayed {
  /** Share of the releases that were taken back. */
  readonly rolledBack: number;
  readonly held: number;
  /** Requests that the canary failed, on average and at worst. */
  readonly failedRequests: number;
  readonly mostFailedRequests: number;
  /** Median time until the end. */
  readonly seconds: number;
}

export interface Replay {
  /** Releases as good as what ran: each that was rolled back is a false alarm. */
  readonly healthy: Replayed;
  /** What the share of false alarms is at most, with 95 % confidence. */
  readonly falseAlarmsAtMost: number;
  readonly regressions: readonly (Replayed & { readonly added: number })[];
}

const DELAY_SECONDS = 5;
/** The hour before a release tells what is normal. */
const HISTORY_SECONDS = 3600;
const DOUBT = 0.05;

/**
 * Undefined where the past is shorter than one release by its steps. Each request of the past is given to a canary or to the primary at
 * random, as a gateway would have done; bursts of single pods are not in such a canary.
 */
export function replay(input: ReplayInput): Replay | undefined {
  const { past, ramp, regressions } = input;
  const last = (past.at(-1)?.to ?? 0) - ramp.steps.length * ramp.stepSeconds;
  const starts = past.filter(({ from }) => from <= last);
  if (starts.length === 0) return undefined;
  const healthy = playAll(input, starts, 0);
  return {
    healthy,
    falseAlarmsAtMost: rateBound(
      { total: input.releases, bad: healthy.rolledBack * input.releases },
      DOUBT,
      'upper',
    ),
    regressions: regressions.map(added => ({ added, ...playAll(input, starts, added) })),
  };
}

function playAll(input: ReplayInput, starts: readonly Past[], added: number): Replayed {
  const played = Array.from({ length: input.releases }, () => {
    const start = starts[Math.floor(input.draw() * starts.length)];
    return play(input, start?.from ?? 0, added);
  });
  const times = played.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
  const failed = played.map(({ failedRequests }) => failedRequests);
  return {
    rolledBack: shareOf(played, 'rolledBack'),
    held: shareOf(played, 'held'),
    failedRequests: failed.reduce((sum, count) => sum + count, 0) / Math.max(1, failed.length),
    mostFailedRequests: Math.max(0, ...failed),
    seconds: times[Math.floor(times.length / 2)] ?? 0,
  };
}

function play(input: ReplayInput, start: number, added: number): Rehearsal {
  const { past, ramp, check, scrapeSeconds, limitSeconds, bounds, draw } = input;
  const end = past.at(-1)?.to ?? 0;
  const traffic = (from: number, to: number, share: number): Traffic | undefined => {
    if (start + to > end) return undefined;
    return route(countsBetween(past, start + from, start + to, bounds?.length ?? 1), share, added, draw);
  };
  if (input.threshold !== undefined) {
    return rehearseThreshold({ ramp, rule: input.threshold, scrapeSeconds, limitSeconds, traffic });
  }
  const history = past.filter(({ from, to }) => to <= start && from >= start - HISTORY_SECONDS);
  return rehearse({
    ramp,
    check,
    scrapeSeconds,
    delaySeconds: DELAY_SECONDS,
    limitSeconds,
    history: history.map(({ counts }) => counts),
    ...(bounds === undefined ? {} : { bounds }),
    traffic,
  });
}

/** Divides the requests at random, and spoils some of the canary's. */
function route({ total, bad }: Arm, share: number, added: number, draw: Draw): Traffic {
  const canaryTotal = binomial(total, share, draw);
  const routed = bad.map(count => {
    const toCanary = total > 0 ? binomial(Math.min(count, total), canaryTotal / total, draw) : 0;
    const ofCanary = Math.min(canaryTotal, toCanary);
    return {
      ofCanary: ofCanary + binomial(canaryTotal - ofCanary, added, draw),
      ofPrimary: count - ofCanary,
    };
  });
  return {
    canary: { total: canaryTotal, bad: routed.map(({ ofCanary }) => ofCanary) },
    primary: { total: total - canaryTotal, bad: routed.map(({ ofPrimary }) => Math.max(0, ofPrimary)) },
  };
}

/** Counts of any stretch of the past; a part of a scrape interval has its part of the counts. */
function countsBetween(past: readonly Past[], from: number, to: number, size: number): Arm {
  let total = 0;
  const bad = Array.from({ length: size }, () => 0);
  for (let index = firstAfter(past, from); index < past.length; index += 1) {
    const piece = past[index];
    if (piece === undefined || piece.from >= to) break;
    const part = (Math.min(to, piece.to) - Math.max(from, piece.from)) / (piece.to - piece.from);
    total += piece.counts.total * part;
    for (const [boundary, count] of piece.counts.bad.entries()) {
      bad[boundary] = (bad[boundary] ?? 0) + count * part;
    }
  }
  return { total, bad };
}

/** Index of the first piece that ends after a moment. */
function firstAfter(past: readonly Past[], moment: number): number {
  let low = 0;
  let high = past.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((past[middle]?.to ?? 0) > moment) high = middle;
    else low = middle + 1;
  }
  return low;
}

function shareOf(played: readonly Rehearsal[], end: Rehearsal['end']): number {
  return played.filter(each => each.end === end).length / Math.max(1, played.length);
}
