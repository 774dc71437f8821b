/** A check's memory of a run, small enough for a status: every batch of counts is judged once and then forgotten. */
import type { Arm, Batch } from './batch.ts';
import type { Counts } from './bet.ts';
import { dispersionOf } from './dispersion.ts';
import { type Evidence, gather, logEvidence, noEvidence, type Trial } from './evidence.ts';
import { type Outside, outsideObjective } from './objective.ts';
import { type CheckSettings, capped, channelAlpha, criticalBets, regularBets } from './settings.ts';
import { tidy } from './tidy.ts';

/** Sums as [requests, bad ones per boundary …]. */
type Sums = readonly number[];

/** Plain JSON of at most 400 bytes; it makes sense only together with the settings that it was started with. */
export interface CheckState {
  /** End of the last batch judged, ms since the epoch. */
  readonly at: number;
  /** Latency: the bucket boundaries in use, as the histogram's `le`. */
  readonly bounds?: readonly number[];
  /** Since when the canary has had requests, ms; absent before. */
  readonly first?: number;
  /** The primary's requests before the run, the canary's and the primary's since. */
  readonly history: Sums;
  readonly canary: Sums;
  readonly primary: Sums;
  /** Bad requests that the canary would have had by the primary's rate in each batch, at the first boundary. */
  readonly expected: number;
  /** Requests of the canary that counted as evidence: those after the warm-up. */
  readonly judged: number;
  /** Dispersion per boundary. */
  readonly cv2: readonly number[];
  readonly regular: Evidence;
  readonly critical?: Evidence;
  /** With an objective: the first boundary's counts of the last batch, and who was outside in the last two. */
  readonly last?: { readonly canary: Sums; readonly primary: Sums };
  readonly outside?: Outside;
  /** The evidence was over the limit and has not fallen under half of it since. */
  readonly over?: true;
}

/** The guess of the primary's rate looks back this many scrapes: ten minutes at 15 s. */
const GUESS_SCRAPES = 40;

/**
 * A check at the start of a run. `history` are the primary's counts per scrape, oldest first, of up to an hour before; `bounds` belong to
 * a latency check.
 */
export function startCheck(
  history: readonly Arm[],
  at: number,
  settings: CheckSettings,
  bounds?: readonly number[],
): CheckState {
  const size = bounds?.length ?? 1;
  const none = Array.from({ length: size + 1 }, () => 0);
  return {
    at,
    ...(bounds === undefined ? {} : { bounds }),
    history: history.slice(-GUESS_SCRAPES).reduce<Sums>(add, none),
    canary: none,
    primary: none,
    expected: 0,
    judged: 0,
    cv2: Array.from({ length: size }, (_, index) => Number(dispersionOf(history, index).toPrecision(3))),
    regular: noEvidence,
    ...(settings.criticalGap === undefined ? {} : { critical: noEvidence }),
  };
}

/** The state after a batch. One that begins before the last one ended was judged already, or in part, and changes nothing; no more do odd counts. */
export function takeBatch(state: CheckState, batch: Batch, settings: CheckSettings): CheckState {
  if (batch.from < state.at || !(batch.to > batch.from) || !isCounted(batch)) return state;
  const first = state.first ?? (batch.canary.total > 0 ? batch.from : undefined);
  const isWarm = first === undefined || batch.from >= first + settings.warmUpMs;
  const next = weigh(state, batch, settings, isWarm);
  const { over: _over, outside: _outside, ...rest } = next;
  const strength = evidenceOf(next, settings).share;
  const isOver = strength >= 1 || (state.over === true && strength >= 0.5);
  return {
    ...rest,
    at: batch.to,
    ...(first === undefined ? {} : { first }),
    canary: add(state.canary, batch.canary),
    primary: add(state.primary, batch.primary),
    expected: tidy(state.expected + expectedIn(batch)),
    judged: tidy(state.judged + (isWarm ? batch.canary.total : 0)),
    ...objective(state, batch, settings),
    ...(isOver ? { over: true as const } : {}),
  };
}

function isCounted({ canary, primary }: Batch): boolean {
  return [canary.total, ...canary.bad, primary.total, ...primary.bad].every(
    count => Number.isFinite(count) && count >= 0,
  );
}

function weigh(state: CheckState, batch: Batch, settings: CheckSettings, isWarm: boolean): CheckState {
  if (batch.canary.total <= 0 || batch.primary.total <= 0) return state;
  const alpha = channelAlpha(settings);
  const trials = trialsOf(state, batch);
  const dispersion = Math.max(...state.cv2);
  const regular = isWarm
    ? rounded(gather(state.regular, trials, capped(regularBets(settings), alpha, dispersion)))
    : state.regular;
  if (settings.criticalGap === undefined || state.critical === undefined) return { ...state, regular };
  const bets = criticalBets(settings, settings.criticalGap);
  const critical = rounded(gather(state.critical, trials, capped(bets, alpha, dispersion)));
  return { ...state, regular, critical };
}

function trialsOf(state: CheckState, { canary, primary }: Batch): Trial[] {
  const bothSides = (2 * primary.total) / (canary.total + primary.total);
  return state.cv2.map((cv2, index) => ({
    canary: countsAt(canary, index),
    primary: countsAt(primary, index),
    guess: guessOf(state, index),
    dispersion: cv2 * bothSides,
  }));
}

/** Interpolated counts may say that more went wrong than there was. */
function countsAt({ total, bad }: Arm, index: number): Counts {
  return { total, bad: Math.min(total, bad[index] ?? 0) };
}

/** The primary's rate by all of it that is known; never quite 0, since nothing is. */
export function guessOf({ history, primary }: CheckState, boundary: number): number {
  const total = (history[0] ?? 0) + (primary[0] ?? 0);
  const bad = (history[boundary + 1] ?? 0) + (primary[boundary + 1] ?? 0);
  return (bad + 0.5) / (total + 1);
}

export interface Strength {
  /** ln E as a part of what the limit asks for: 1 decides. Never below 0. */
  readonly share: number;
  readonly channel: 'regular' | 'critical';
}

/** The evidence of the channel that is nearer to its limit. */
export function evidenceOf(state: CheckState, settings: CheckSettings): Strength {
  const limit = Math.log(1 / channelAlpha(settings));
  const regular = Math.max(0, logEvidence(state.regular) / limit);
  const critical = state.critical === undefined ? 0 : logEvidence(state.critical) / limit;
  return critical > regular
    ? { share: critical, channel: 'critical' }
    : { share: regular, channel: 'regular' };
}

/** Counts of the run at a boundary. */
export function countsOf(sums: readonly number[], boundary: number): Counts {
  return { total: sums[0] ?? 0, bad: sums[boundary + 1] ?? 0 };
}

/** Batch by batch, so that a rate which changes together with the canary's share of the traffic is no difference of the two. */
function expectedIn({ canary, primary }: Batch): number {
  return primary.total > 0
    ? (canary.total * Math.min(primary.total, primary.bad[0] ?? 0)) / primary.total
    : 0;
}

function objective({ last }: CheckState, batch: Batch, { slo }: CheckSettings): Partial<CheckState> {
  if (slo === undefined) return {};
  const now = { canary: add([0, 0], batch.canary), primary: add([0, 0], batch.primary) };
  const canary = countsOf(add(last?.canary ?? [0, 0], batch.canary), 0);
  const primary = countsOf(add(last?.primary ?? [0, 0], batch.primary), 0);
  const outside = outsideObjective(canary, primary, slo);
  return { last: now, ...(outside === undefined ? {} : { outside }) };
}

function add(sums: Sums, arm: Arm): Sums {
  return sums.map((sum, index) => tidy(sum + (index === 0 ? arm.total : (arm.bad[index - 1] ?? 0))));
}

/** Downwards to a ten-thousandth: what is rounded away can only delay a verdict, never cause one. */
function rounded({ batches, capital }: Evidence): Evidence {
  return { batches, capital: capital.map(value => Math.floor(value * 1e4) / 1e4) };
}
