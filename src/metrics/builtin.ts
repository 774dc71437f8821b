/** The built-in checks `request-success-rate` (percent) and `request-duration` (P99, ms) as PromQL, by where requests are counted. */
import { duration } from './promql.ts';
import { vantageSeries } from './vantage/library.ts';
import type { CounterSource, HistogramSource, VantageSubject } from './vantage/port.ts';
import { selectorText } from './vantage/selector.ts';

const builtinNames = ['request-success-rate', 'request-duration'] as const;
export type BuiltinName = (typeof builtinNames)[number];

export function isBuiltin(name: string): name is BuiltinName {
  return builtinNames.some(each => each === name);
}

/** The query, or a sentence that says why there is none and what to do. `vantage` is a name of the library or of a controller. */
export function builtinQuery(
  name: BuiltinName,
  vantage: string,
  subject: VantageSubject,
  { arm, windowMs }: { readonly arm: 'canary' | 'primary'; readonly windowMs: number },
): { readonly query: string } | { readonly problem: string } {
  const series = vantageSeries(vantage, subject);
  const remedy = 'or name a MetricTemplate in templateRef';
  if ('problem' in series) return { problem: `${name}: ${series.problem}; ${remedy}` };
  const { counters, histograms } = series[arm];
  const window = duration(windowMs);
  if (name === 'request-success-rate') return { query: successRate(counters, window) };
  const [histogram] = histograms;
  if (histogram === undefined) {
    return {
      problem: `${name}: ${series.name} keeps no histogram; leave the check out, ${remedy}`,
    };
  }
  return { query: durationP99(histograms, histogram.unitMs, window) };
}

/** No failed series gives 100; no request gives no series at all, because neither 0 nor 100 would be true. */
function successRate(counters: readonly CounterSource[], window: string): string {
  const failed = counters.flatMap(({ total, bad }) => bad.map(matcher => selectorText(total, matcher)));
  const all = counters.map(({ total }) => selectorText(total));
  return `100 * (1 - (sum(${rate(failed, window)}) or vector(0)) / (sum(${rate(all, window)}) > 0))`;
}

/** NaN when there was no request. */
function durationP99(histograms: readonly HistogramSource[], unitMs: number, window: string): string {
  const buckets = histograms.map(each => selectorText(each.buckets));
  return `${unitMs} * histogram_quantile(0.99, sum by (le) (${rate(buckets, window)}))`;
}

/** The union: a series that two selectors find counts once. */
function rate(selectors: readonly string[], window: string): string {
  return selectors.map(selector => `rate(${selector}[${window}])`).join(' or ');
}
