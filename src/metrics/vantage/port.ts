/** What a vantage point gives: which series count the requests of each arm, as data that can be put into any query. */
import type { VantageName } from '../../api/vantage.ts';

export interface Matcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  /** With `=~` and `!~` a pattern which RE2 and JavaScript read alike, anchored at both ends. */
  readonly value: string;
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

/** What the selectors are made of. */
export interface VantageSubject {
  readonly namespace: string;
  /** The target workload's name; the primary's is this plus `-primary`. */
  readonly target: string;
  /** The apex Service's name, which is the route's too; the arms' are this plus `-canary` and `-primary`. */
  readonly service: string;
  readonly port: number;
  /** Of the Ingress, where one sends the requests. */
  readonly ingress: string;
}

/** A counter of requests. */
export interface CounterSource {
  readonly total: Selector;
  /** A series of `total` which matches any of these counts failed requests: the server's fault, so no 4xx. */
  readonly bad: readonly Matcher[];
}

/** A histogram of the time until the answer. */
export interface HistogramSource {
  /** The classic histogram: cumulative counters with the label `le`. */
  readonly buckets: Selector;
  /** The native histogram of the same observations, where the server keeps it. */
  readonly native: Selector;
  /** Milliseconds per unit of `le`. */
  readonly unitMs: number;
}

/**
 * One arm's series. Several sources are the same metric under other labels, since scrape configurations rename them: take
 * the union of their series, of which usually one source has any. `histograms` is empty where no latency is kept.
 */
export interface ArmSeries {
  readonly counters: readonly CounterSource[];
  readonly histograms: readonly HistogramSource[];
}

export interface VantageSeries {
  readonly name: VantageName;
  /** `gateway`: one process counts both arms, so that one scrape holds both; `pods`: each pod counts for itself. */
  readonly reporter: 'gateway' | 'pods';
  /** What must be switched on for these series to exist; told where they are missing. */
  readonly needs: string;
  readonly canary: ArmSeries;
  readonly primary: ArmSeries;
}
