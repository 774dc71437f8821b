/** What a check says after each batch, on two axes: worse than the primary, and outside the service's objective. */
import type { Batch } from './batch.ts';
import type { Counts } from './bet.ts';
import { type CheckState, countsOf, evidenceOf, guessOf, takeBatch } from './check.ts';
import type { Outside } from './objective.ts';
import { expectedRequests, notableRate } from './planning.ts';
import { type CheckSettings, channelAlpha, regularBets } from './settings.ts';

export interface Judgement {
  readonly state: CheckState;
  /**
   * `fail`: worse than tolerated. `pass`: not worse, after as many requests as a promotion needs. `inconclusive`: not worse so far, after
   * fewer; steps may go on, a promotion may not. `noData`: one of the sides has had no request.
   */
  readonly outcome: 'pass' | 'fail' | 'inconclusive' | 'noData';
  /** What the two axes ask for. Outside the objective but no worse than the primary is a shared incident or one not yet proven: hold. */
  readonly action: 'advance' | 'hold' | 'rollback';
  /** Evidence as a part of the limit, 1 and above is a failure. */
  readonly evidence: number;
  readonly channel: 'regular' | 'critical';
  /** Requests of the run, with the bad ones of the boundary that says most. */
  readonly canary: Counts;
  readonly primary: Counts;
  /** The canary's requests as the primary would have served them, batch by batch; at the first boundary. */
  readonly expected: Counts;
  /** That boundary, of a latency check. */
  readonly bound?: number;
  /** Requests of the canary that a promotion needs, and how many counted so far. */
  readonly needed: number;
  readonly judged: number;
  /** Who is outside the objective by the last two batches. */
  readonly outside?: Outside;
}

/** Takes the batch into the state and says what follows. A batch that was judged before changes nothing. */
export function judgeBatch(state: CheckState, batch: Batch, settings: CheckSettings): Judgement {
  return assess(takeBatch(state, batch, settings), settings);
}

/** What the state says without a new batch: after a restart, or for a status. */
export function assess(state: CheckState, settings: CheckSettings): Judgement {
  const boundary = strongestBoundary(state);
  const bound = state.bounds?.[boundary];
  const strength = evidenceOf(state, settings);
  const needed = neededRequests(state, settings);
  const outcome = outcomeOf(state, needed);
  return {
    state,
    outcome,
    action: actionOf(outcome, state.outside, settings),
    evidence: strength.share,
    channel: strength.channel,
    canary: countsOf(state.canary, boundary),
    primary: countsOf(state.primary, boundary),
    expected: { total: state.canary[0] ?? 0, bad: state.expected },
    ...(bound === undefined ? {} : { bound }),
    needed,
    judged: state.judged,
    ...(state.outside === undefined ? {} : { outside: state.outside }),
  };
}

function outcomeOf(state: CheckState, needed: number): Judgement['outcome'] {
  if (state.over === true) return 'fail';
  const hasPrimary = (state.history[0] ?? 0) + (state.primary[0] ?? 0) > 0;
  if ((state.canary[0] ?? 0) === 0 || !hasPrimary) return 'noData';
  return state.judged >= needed ? 'pass' : 'inconclusive';
}

function actionOf(
  outcome: Judgement['outcome'],
  outside: Outside | undefined,
  { onFail }: CheckSettings,
): Judgement['action'] {
  const isOutside = outside === 'canary' || outside === 'both';
  if (outcome === 'fail') return isOutside ? 'rollback' : onFail;
  return outcome === 'noData' || isOutside ? 'hold' : 'advance';
}

function neededRequests(state: CheckState, settings: CheckSettings): number {
  if (settings.minRequests !== 'auto') return settings.minRequests;
  const bets = regularBets(settings);
  const share = shareOf(state);
  const needs = state.cv2.map((_, boundary) => {
    const primary = guessOf(state, boundary);
    const expected = { primary, canary: notableRate(primary, settings), share };
    return expectedRequests(expected, bets, channelAlpha(settings), state.cv2.length);
  });
  return Math.ceil(Math.min(...needs));
}

/** The canary's share of the run's requests; half before there are any, where a request says least. */
function shareOf({ canary, primary }: CheckState): number {
  const [ofCanary = 0, ofPrimary = 0] = [canary[0], primary[0]];
  return ofCanary > 0 && ofPrimary > 0 ? ofCanary / (ofCanary + ofPrimary) : 0.5;
}

function strongestBoundary({ regular, cv2 }: CheckState): number {
  const size = regular.capital.length / cv2.length;
  const best = regular.capital.indexOf(Math.max(...regular.capital));
  return best < 0 ? 0 : Math.floor(best / size);
}
