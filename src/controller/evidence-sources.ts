/** Where the counts of a check come from: the user's own selectors, or those of the data plane's vantage. */
import type { CanaryCheck } from '../api/check.ts';
import type { Problem } from '../core/input.ts';
import { isChosen } from '../metrics/series/merge.ts';
import { parseSelector } from '../metrics/series/selector.ts';
import { vantageSeries } from '../metrics/vantage/library.ts';
import { ofPods } from '../metrics/vantage/pods.ts';
import type { ArmSeries, Selector, VantageSeries } from '../metrics/vantage/port.ts';
import { isMatched, selectorText } from '../metrics/vantage/selector.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';
import { vantageOf } from './vantage.ts';

type Labels = Readonly<Record<string, string>>;

/** One counter or histogram of one side. */
export interface Source {
  readonly selector: Selector;
  /** Which of its series count failed requests; absent where `bad` is a counter of its own, and for histograms. */
  readonly isBad?: (labels: Labels) => boolean;
  /** A counter of the failed requests alone. */
  readonly bad?: Selector;
}

interface Sides {
  readonly kind: 'counters' | 'histograms' | 'gauges';
  readonly canary: readonly Source[];
  readonly primary: readonly Source[];
  readonly unitMs: number;
}

export interface Sources extends Sides {
  /** All that are to be asked for, of both sides. */
  readonly asked: readonly Selector[];
  /** For people, the selectors of each side. */
  readonly selectors: { readonly canary: string; readonly primary: string };
}

type Found = Sources | { readonly problem: string };

interface Held {
  readonly workload: Model['workload'];
  readonly vantage: string;
  readonly found: Found;
}

/** A check belongs to one version of one Canary's spec: it is asked for the same series at every scrape. */
const known = new WeakMap<CanaryCheck, Held>();

/** The sources, or a sentence that says why there are none. The same objects for as long as nothing changes, so that what follows from them is known too. */
export function sourcesOf(check: CanaryCheck, model: Model, ports: Pick<Ports, 'routers'>): Found {
  const { workload } = model;
  const vantage = vantageOf(model, ports);
  const held = known.get(check);
  if (held?.workload === workload && held.vantage === vantage) return held.found;
  const sides = sidesOf(check, model, vantage);
  const found = 'problem' in sides ? sides : complete(sides);
  known.set(check, { workload, vantage, found });
  return found;
}

function complete(sides: Sides): Sources {
  const { canary, primary } = sides;
  return {
    ...sides,
    asked: [...canary, ...primary].flatMap(({ selector, bad }) =>
      bad === undefined ? [selector] : [selector, bad],
    ),
    selectors: { canary: describe(canary), primary: describe(primary) },
  };
}

function describe(sources: readonly Source[]): string {
  return sources.map(({ selector }) => selectorText(selector)).join(' or ');
}

function sidesOf(check: CanaryCheck, model: Model, vantage: string): Sides | { readonly problem: string } {
  const { compare, threshold, burnRate, gauge } = check;
  if (gauge !== undefined) return gaugesOf(gauge, model);
  const whole = threshold?.counts ?? burnRate?.counts;
  if (whole !== undefined) return oneCounter(whole);
  if (compare?.counts !== undefined) return ownCounts(compare.counts);
  if (compare?.histograms !== undefined) return ownHistograms(compare.histograms);
  const series = seriesAt(vantage, model);
  if ('problem' in series) return series;
  return compare?.of === 'Latency' ? histogramsOf(series) : countersOf(series);
}

/** The series of both sides as this vantage point has them, or a sentence that says why there are none. */
export function seriesAt(
  vantage: string,
  { canary, workload, key }: Model,
): VantageSeries | { readonly problem: string } {
  return vantageSeries(vantage, {
    namespace: key.namespace,
    target: workload.target.name,
    service: workload.service.name,
    port: workload.service.port,
    ingress: canary.spec.ingressRef?.name ?? '',
  });
}

function countersIn({ counters }: ArmSeries): Source[] {
  return counters.map(({ total, bad }) => ({
    selector: total,
    isBad: labels => bad.some(each => isMatched(each, labels)),
  }));
}

function countersOf({ canary, primary }: VantageSeries): Sides {
  return { kind: 'counters', canary: countersIn(canary), primary: countersIn(primary), unitMs: 1 };
}

function bucketsIn({ histograms }: ArmSeries): Source[] {
  return histograms.flatMap(({ buckets, native }) => [asSource(buckets), asSource(native)]);
}

function histogramsOf({ name, canary, primary }: VantageSeries): Sides | { readonly problem: string } {
  const unitMs = canary.histograms[0]?.unitMs;
  if (unitMs === undefined || primary.histograms.length === 0)
    return { problem: `${name} keeps no latency by backend; name histograms of the application` };
  return { kind: 'histograms', canary: bucketsIn(canary), primary: bucketsIn(primary), unitMs };
}

function gaugesOf(
  { metric, series }: NonNullable<CanaryCheck['gauge']>,
  { key, workload }: Model,
): Sides | { readonly problem: string } {
  const common = { kind: 'gauges', unitMs: 1 } as const;
  if (series !== undefined) {
    const canary = parseSelector(series.canary);
    if ('problem' in canary) return { problem: `gauge.series.canary: ${canary.problem}` };
    const primary = parseSelector(series.primary);
    if ('problem' in primary) return { problem: `gauge.series.primary: ${primary.problem}` };
    return { ...common, canary: [{ selector: canary }], primary: [{ selector: primary }] };
  }
  const chosen = parseSelector(metric ?? '');
  if ('problem' in chosen) return { problem: `gauge.metric: ${chosen.problem}` };
  const subject = { namespace: key.namespace, target: workload.target.name };
  const canary = ofPods(chosen, subject, 'canary');
  const primary = ofPods(chosen, subject, 'primary');
  if (canary === undefined || primary === undefined)
    return { problem: `the pods of '${subject.target}' cannot be told from its primary's; use gauge.series` };
  return { ...common, canary: canary.map(asSource), primary: primary.map(asSource) };
}

function asSource(selector: Selector): Source {
  return { selector };
}

type Compare = NonNullable<CanaryCheck['compare']>;

function ownCounts(counts: NonNullable<Compare['counts']>): Sides | { readonly problem: string } {
  const canary = ownCounter(counts.canary, 'counts.canary');
  const primary = ownCounter(counts.primary, 'counts.primary');
  if ('problem' in canary) return canary;
  if ('problem' in primary) return primary;
  return { kind: 'counters', canary: [canary], primary: [primary], unitMs: 1 };
}

/** One counter for all that is judged, so that there are no two sides. */
function oneCounter(counts: {
  readonly total: string;
  readonly bad: string;
}): Sides | { readonly problem: string } {
  const whole = ownCounter(counts, 'counts');
  if ('problem' in whole) return whole;
  return { kind: 'counters', canary: [whole], primary: [], unitMs: 1 };
}

function ownCounter(
  written: { readonly total: string; readonly bad: string },
  where: string,
): Source | { readonly problem: string } {
  const selector = parseSelector(written.total);
  if ('problem' in selector) return { problem: `${where}.total: ${selector.problem}` };
  const bad = parseSelector(written.bad);
  if ('problem' in bad) return { problem: `${where}.bad: ${bad.problem}` };
  // A choice among the series of the total needs no query of its own.
  const within =
    bad.metric === selector.metric &&
    selector.matchers.every(each =>
      bad.matchers.some(other => JSON.stringify(other) === JSON.stringify(each)),
    );
  return within ? { selector, isBad: labels => isChosen(bad, labels) } : { selector, bad };
}

function ownHistograms(written: NonNullable<Compare['histograms']>): Sides | { readonly problem: string } {
  const canary = parseSelector(written.canary.buckets);
  if ('problem' in canary) return { problem: `histograms.canary.buckets: ${canary.problem}` };
  const primary = parseSelector(written.primary.buckets);
  if ('problem' in primary) return { problem: `histograms.primary.buckets: ${primary.problem}` };
  const unitMs = written.unit === 'Seconds' ? 1_000 : 1;
  return { kind: 'histograms', canary: [{ selector: canary }], primary: [{ selector: primary }], unitMs };
}

/** A check that can never be asked is told before a run depends on it. */
export function checkProblem(model: Model, ports: Ports): Problem | undefined {
  for (const [index, check] of (model.canary.spec.analysis.checks ?? []).entries()) {
    if (check.webhook !== undefined) continue;
    const sources = sourcesOf(check, model, ports);
    if ('problem' in sources)
      return { reason: 'InvalidCheck', message: `spec.analysis.checks[${index}]: ${sources.problem}` };
  }
  return undefined;
}
