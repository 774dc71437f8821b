/** The impact budget: how much traffic the canary may have, given how bad it can still be by what is known. */
import type { Counts } from './bet.ts';
import { rateBound } from './bound.ts';

/** The bound on the canary's rate holds with this much doubt. */
const ALPHA = 0.05;
/** The least excess rate reckoned with: a canary is never known to be better than that. */
const LEAST_EXCESS = 1e-4;
const BUDGET_PERIOD_SECONDS = 30 * 24 * 3600;

export interface Impact {
  /** Failed requests that one release may cost users beyond what the primary would have failed. */
  readonly failedRequests: number;
  /** Of both sides together. */
  readonly requestsPerSecond: number;
  /** From a bad request until the traffic is taken back: two scrapes, the evaluation and the gateway. */
  readonly latencySeconds: number;
  readonly canary: Counts;
  /** What to compare with: the primary's requests, or better the canary's as the primary would have served them. */
  readonly primary: Counts;
  /** Difference of the rates that the check accepts: it costs nothing. 0 when absent. */
  readonly tolerance?: number;
}

/**
 * The largest share of the traffic, 0 to 1, at which the canary, as bad as it can be with 95 % confidence, fails no more than the budget
 * beyond the primary's rate before it is noticed.
 */
export function allowedWeight(impact: Impact): number {
  const { failedRequests, requestsPerSecond, latencySeconds, canary, primary, tolerance = 0 } = impact;
  const expected = primary.total > 0 ? primary.bad / primary.total : 0;
  const excess = Math.max(LEAST_EXCESS, rateBound(canary, ALPHA, 'upper') - expected - tolerance);
  const requests = requestsPerSecond * latencySeconds;
  return requests > 0 ? Math.min(1, failedRequests / (requests * excess)) : 1;
}

/** A budget in requests from a share of the service's error budget: `share` · (1 − slo) · the requests of 30 days. */
export function failedRequestsOf(share: number, slo: number, requestsPerSecond: number): number {
  return share * (1 - slo) * requestsPerSecond * BUDGET_PERIOD_SECONDS;
}
