/** One check of a gauge: what the canary's pods show on average beside what the primary's do, pair by pair. */
import { assessGauge, type GaugeState, judgeGauge, startGauge } from '../analysis/gauge.ts';
import { formatDuration } from '../duration.ts';
import type { CheckEvidence, Moment } from './check-evidence.ts';
import type { EvidenceCheck } from './plan.ts';
import type { Gauges, SideName } from './scraped.ts';
import type { RawSeries } from './series.ts';
import { readState } from './stored.ts';
import { reached } from './trouble.ts';

type GaugeCheck = Extract<EvidenceCheck, { readonly kind: 'gauge' }>;

/** The bounds hold in the limit of many pairs; with fewer nothing is said. */
const neededPairs = 20;
/** Labels that are named where a pod has several series. */
const mostNamed = 3;

/** Pairs stand on a grid that begins with the end of the warm-up, so that the same samples always make the same pairs. */
export function judgeGauges(
  check: GaugeCheck,
  stored: string | undefined,
  scraped: Gauges,
  moment: Moment,
): CheckEvidence {
  const { name, settings, everyMs, warmUpMs } = check;
  const sides = [scraped.canary, scraped.primary];
  const seen = reached(name, scraped, sides.flat(), moment, stored);
  if ('outcome' in seen) return seen;
  const { scrapeMs, until } = seen;
  const keep = stored === undefined ? {} : { state: stored };
  const common = { name, limit: limitOf(check), newest: until, until, scrapeMs };
  const hold = (outcome: 'noData' | 'inconclusive', why: string): CheckEvidence => ({
    ...common,
    ...keep,
    outcome,
    action: 'hold',
    message: `${name}: ${why}.`,
  });
  if (scraped.canary.length === 0) return hold('noData', `no series matches ${scraped.selectors.canary}`);
  const several = severalOf(sides.flat());
  if (several !== undefined) return hold('inconclusive', several);
  if (everyMs < scrapeMs) {
    const why = `gauge.every of ${formatDuration(everyMs)} is shorter than a scrape, of which one comes every ${formatDuration(scrapeMs)}; lengthen it`;
    return hold('inconclusive', why);
  }
  let state = readState<GaugeState>(stored, startGauge(0)) ?? startGauge(moment.analysedFrom + warmUpMs);
  for (let to = state.at + everyMs; to <= until; to += everyMs) {
    const pair = { to, ...valuesIn(scraped, check, { from: to - everyMs, to }) };
    state = { ...judgeGauge(state, pair, settings).state, at: to };
  }
  const judged = assessGauge(state, settings);
  const last = { from: until - everyMs, to: until };
  const now = { canary: meanOf(scraped, 'canary', last), primary: meanOf(scraped, 'primary', last) };
  // The run may go on while pairs are gathered; a promotion waits for them.
  const outcome = judged.outcome === 'noData' ? 'inconclusive' : judged.outcome;
  return {
    ...common,
    outcome,
    action: outcome === 'fail' ? settings.onFail : 'advance',
    ...(Number.isFinite(now.canary) ? { value: now.canary } : {}),
    message: `${name}: canary ${formatValue(now.canary)}, primary ${formatValue(now.primary)} a pod in the last ${formatDuration(everyMs)}; ${conclusion(check, state.pairs, judged)}.`,
    state: JSON.stringify(state),
  };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The primary's value is moved by the share that the canary may differ by, so that only the rest is a difference. */
function valuesIn(scraped: Gauges, { settings, percent }: GaugeCheck, span: Span) {
  const primary = meanOf(scraped, 'primary', span);
  const accepted = (Math.abs(primary) * percent) / 100;
  return {
    canary: meanOf(scraped, 'canary', span),
    primary: settings.worse === 'higher' ? primary + accepted : primary - accepted,
  };
}

/** Each pod counts the same, however often it was scraped; NaN where none was. */
function meanOf(scraped: Gauges, side: SideName, { from, to }: Span): number {
  const pods = scraped[side].flatMap(({ samples }) => {
    const within = samples.filter(([at]) => at > from && at <= to);
    return within.length === 0 ? [] : [mean(within.map(([, value]) => value))];
  });
  return mean(pods);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A sentence where a pod has more than one series, so that nobody can say which is meant. */
function severalOf(series: readonly RawSeries[]): string | undefined {
  const pods = Map.groupBy(
    series,
    ({ labels }) => labels['pod'] ?? labels['k8s_pod_name'] ?? labels['instance'],
  );
  for (const [pod = 'without a label pod or instance', of] of pods) {
    const [first] = of;
    if (first === undefined || of.length === 1) continue;
    const names = new Set(of.flatMap(({ labels }) => Object.keys(labels)));
    const differing = [...names].filter(label =>
      of.some(({ labels }) => labels[label] !== first.labels[label]),
    );
    return `the pod ${pod} has ${of.length} series that differ in ${differing.slice(0, mostNamed).join(', ')}; add labels to the selector until one is left`;
  }
  return undefined;
}

function conclusion(
  check: GaugeCheck,
  pairs: number,
  { outcome, lower, upper }: { readonly outcome: string; readonly lower: number; readonly upper: number },
): string {
  if (pairs < neededPairs)
    return `${pairs} of ${neededPairs} measurements taken, accepted is ${limitOf(check)}`;
  const { worse, tolerance } = check.settings;
  const [least, most] = worse === 'higher' ? [lower, upper] : [-upper, -lower];
  const [from, to] = [formatValue(least - tolerance), formatValue(most - tolerance)];
  const accepted = `what is accepted (${limitOf(check)})`;
  const range = `by ${from} to ${to} on average of ${pairs} measurements`;
  if (outcome === 'fail') return `worse than ${accepted}, ${range}`;
  return outcome === 'pass' ? limitOf(check) : `not yet certain: beyond ${accepted} ${range}`;
}

/** For people: `at most 10 % above the primary`. */
export function limitOf({ percent, settings }: Pick<GaugeCheck, 'percent' | 'settings'>): string {
  const { worse, tolerance } = settings;
  const parts = [
    ...(percent > 0 || tolerance === 0 ? [`${percent} %`] : []),
    ...(tolerance > 0 ? [formatValue(tolerance)] : []),
  ];
  return `at most ${parts.join(' and ')} ${worse === 'higher' ? 'above' : 'below'} the primary`;
}

const format = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 });

function formatValue(value: number): string {
  return Number.isFinite(value) ? format.format(value) : 'nothing';
}
