/** The metrics port: one check becomes one sample; what a sample means for the release is decided in core. */
import type { Selector } from './vantage/port.ts';

/** What came back for a check. Only `value` can pass or fail; the rest hold the run. */
export type Sample =
  | {
      readonly kind: 'value';
      /** Finite. */
      readonly value: number;
      /** Evaluation time, ms since the epoch. */
      readonly at: number;
    }
  /** No series, NaN (a division of nothing by nothing), or a sample that is not of the time that was asked for. */
  | { readonly kind: 'noData'; readonly why: string }
  /** Several series, ±Inf, a warning (partial answer), a range or string result: an answer from which nothing follows. */
  | { readonly kind: 'inconclusive'; readonly why: string }
  | { readonly kind: 'error'; readonly why: string };

/** One metric of `analysis.metrics`, with its template resolved; values of a Canary's fields which templates may name. */
export interface CheckRequest {
  readonly metric: {
    readonly name: string;
    /** Flagger's deprecated inline PromQL. */
    readonly query?: string;
    readonly templateVariables?: Readonly<Record<string, string>>;
  };
  /** The MetricTemplate named by `templateRef`; absent for built-in and inline queries. */
  readonly template?: {
    readonly namespace: string;
    readonly name: string;
    readonly spec: MetricProviderSpec;
  };
  readonly names: {
    readonly name: string;
    readonly namespace: string;
    readonly target: string;
    readonly service: string;
    readonly ingress: string;
    readonly route: string;
  };
  /** Whose requests built-in queries count. Templates and inline queries read the primary's name as `target` for it. */
  readonly arm: 'canary' | 'primary';
  readonly port: number;
  /** Chooses the built-in query: a GatewayClass controller name, or `kubernetes`. */
  readonly vantage: string;
  /** The query's window (`{{ interval }}`) in ms: whole seconds, never reaching back before the run's first canary traffic. */
  readonly windowMs: number;
  /** Server for built-in and inline queries; undefined means the operator's default. */
  readonly metricsServer?: string;
  /** Evaluation time, ms since the epoch. */
  readonly at: number;
}

export interface MetricProviderSpec {
  readonly provider: {
    readonly type: string;
    readonly address?: string;
    readonly headers?: Readonly<Record<string, readonly string[]>>;
    readonly secretRef?: { readonly name: string };
    readonly insecureSkipVerify?: boolean;
  };
  readonly query: string;
}

/** Takes samples; never rejects: every failure is a sample of kind `error` whose `why` holds no secret. */
export interface Sampler {
  sample(request: CheckRequest): Promise<Sample>;
}

/** The raw samples of one series, oldest first. */
export interface RawSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [at: number, value: number])[];
  /** Of a native histogram, which has no `samples`. */
  readonly histograms?: readonly {
    /** ms since the epoch. */
    readonly at: number;
    readonly count: number;
    /** Those that hold observations, disjoint. */
    readonly buckets: readonly (readonly [lower: number, upper: number, count: number])[];
  }[];
}

/** What a selector chose, or why nobody can say. A selector that chooses nothing gives no series. */
export type SeriesAnswer =
  | { readonly kind: 'series'; readonly series: readonly RawSeries[] }
  | { readonly kind: 'noData' | 'inconclusive' | 'error'; readonly why: string };

export interface SeriesRequest {
  readonly selectors: readonly Selector[];
  /** Samples after this time, ms since the epoch; more may come. */
  readonly from: number;
  /** Up to this time, ms since the epoch. */
  readonly at: number;
  /** Undefined means the operator's default. */
  readonly metricsServer?: string;
}

/** Reads raw samples; never rejects. What several Canaries ask one server for at one moment is asked for together. */
export interface SeriesReader {
  /** One answer for each selector, in their order. */
  read(request: SeriesRequest): Promise<readonly SeriesAnswer[]>;
}

/** Reads a Secret's decoded data; undefined when it is missing. Rejects on any other failure. */
export type ReadSecret = (
  namespace: string,
  name: string,
) => Promise<Readonly<Record<string, Buffer>> | undefined>;
