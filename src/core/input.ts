/** Everything a decision may look at: one snapshot of the world, gathered before, so that deciding needs no second look. */
import type { Evidence } from './evidence/release.ts';
import type { CheckResult } from './judge.ts';
import type { State } from './state.ts';

/** One side of the release as its pods are. */
export interface Side {
  /** Wanted replicas. */
  readonly replicas: number;
  /** As many pods as asked for are available, all of the present template. */
  readonly ready: boolean;
  /** At least one pod is available: the side may carry traffic. */
  readonly available: boolean;
  /** The workload's own controller gave up. */
  readonly deadlineExceeded: boolean;
  readonly message: string;
}

export interface Problem {
  readonly reason: string;
  readonly message: string;
  /** It starts no run, but nobody needs it to judge the one in hand, whose traffic must not go unjudged. */
  readonly besideRun?: boolean;
}

export interface Input {
  /** Milliseconds since the epoch; no policy reads a clock. */
  readonly now: number;
  readonly state: State;
  /** The revision that the primary serves by a verdict; empty before initialisation. */
  readonly promoted: string;
  /** What the target asks for now; undefined while there is no target. */
  readonly seen?: { readonly revision: string; readonly isPromoted: boolean };
  /** The seen revision failed before and gets no traffic; `returned`: Git had been repaired since. */
  readonly quarantined?: { readonly reason: string; readonly returned?: boolean; readonly until?: number };
  /** The seen revision failed so long ago that it is tried again. */
  readonly released?: boolean;
  /** The revision that was promoted before, as long as its template is kept. */
  readonly previous?: string;
  /** A person asked for the rollback of this revision, and that was not followed yet. */
  readonly asked?: { readonly revision: string; readonly reason: string };
  /** A person asked for another try of exactly the seen revision. */
  readonly retry: boolean;
  readonly target?: Side;
  /** `previous`: the revision whose template the primary keeps, so that it can get it back. */
  readonly primary?: Side & { readonly revision?: string; readonly previous?: string };
  readonly services: { readonly backends: boolean; readonly apexToPrimary: boolean };
  readonly route: {
    readonly accepted: boolean;
    readonly current: boolean;
    readonly weights?: { readonly primary: number; readonly canary: number };
    readonly message?: string;
  };
  /** What stands in the way until somebody acts. */
  readonly problem?: Problem;
  /** For a run that is judged by evidence: when new samples are expected, and what they said in this pass. */
  readonly evidence?: { readonly pollAt: number; readonly judged?: Evidence };
  /** The decisive result of this step's samples, `pass` when all passed; undefined while none were taken in this pass. */
  readonly verdict?: CheckResult | 'pass';
}
