/** Gathering evidence: the raw samples since the boundaries that were judged last, and what all checks say about them. */
import { classicOf } from '../core/evidence/native.ts';
import type { EvidenceCheck } from '../core/evidence/plan.ts';
import { type Evidence, judgeEvidence } from '../core/evidence/release.ts';
import type { CounterSeries, Scraped } from '../core/evidence/scraped.ts';
import { judgedUntil } from '../core/evidence/stored.ts';
import { isAskDue } from '../core/evidence/webhook.ts';
import type { Context } from '../core/machine.ts';
import type { RawSeries, SeriesAnswer } from '../metrics/port.ts';
import type { Selector } from '../metrics/vantage/port.ts';
import { type Source, type Sources, sourcesOf } from './evidence-sources.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';

/** What the primary did in this time before the run tells how often it fails anyway. */
const historyMs = 600_000;
/** A boundary needs a sample from before it, and the rate of requests a minute. */
const lookBackMs = 65_000;
/** After a longer silence the counting begins anew. */
const longestMs = 7_200_000;

/** Undefined where the Canary has no such checks. */
export async function gatherEvidence(
  model: Model,
  context: Pick<Context, 'plan' | 'analysedFrom' | 'stepAt' | 'dueAt'>,
  now: number,
  ports: Pick<Ports, 'routers' | 'series' | 'clock'> & {
    /** Absent where nobody but the operator may ask them: what they said last stands then. */
    readonly webhooks?: Ports['webhooks'];
    readonly observe: Pick<Ports['observe'], 'verdict'>;
  },
): Promise<Evidence | undefined> {
  const plan = context.plan.evidence;
  if (plan === undefined) return undefined;
  const stored = model.canary.status.run?.evidence;
  const checks = model.canary.spec.analysis.checks ?? [];
  const scraped = await Promise.all(
    checks.map(async (check, index) => {
      const state = stored?.checks.find(({ name }) => name === check.name)?.state;
      const planned = plan.checks[index];
      if (planned?.kind === 'webhook') {
        const { stepAt, dueAt } = context;
        const isDue = isAskDue(planned, state, { now, stepAt, dueAt });
        return isDue && ports.webhooks !== undefined
          ? askWebhook(planned, model, ports.webhooks)
          : { kind: 'answer' as const, answer: undefined };
      }
      const sources = sourcesOf(check, model, ports);
      if ('problem' in sources) return { kind: 'error' as const, why: sources.problem };
      const scrapeMs = (stored?.scrapeSeconds ?? 15) * 1_000;
      const since = sinceOf(planned, judgedUntil(state), context.analysedFrom, now);
      const before = planned?.kind === 'burnRate' ? 0 : lookBackMs;
      const from = since - before - 5 * scrapeMs;
      return scrape(sources, { from, at: now }, model, ports);
    }),
  );
  const moment = { now: ports.clock.now(), analysedFrom: context.analysedFrom };
  const evidence = judgeEvidence(plan, stored, scraped, moment);
  for (const { outcome } of evidence.checks) ports.observe.verdict(outcome);
  return evidence;
}

async function askWebhook(
  { url, timeoutMs, metadata }: Extract<EvidenceCheck, { readonly kind: 'webhook' }>,
  { key, canary }: Model,
  webhooks: Ports['webhooks'],
): Promise<Scraped> {
  const { phase = 'Progressing', run } = canary.status;
  const payload = { ...key, phase, checksum: run?.revision ?? '', metadata };
  const answer = await webhooks.ask({ url, timeoutMs, payload });
  return answer.kind === 'error' ? answer : { kind: 'answer', answer };
}

/** From where on a check needs samples: a silence of Prometheus is made up for, but not one of hours. */
function sinceOf(
  check: EvidenceCheck | undefined,
  judged: number | undefined,
  analysedFrom: number,
  now: number,
): number {
  const since = judged ?? analysedFrom;
  if (check?.kind === 'gauge') return Math.max(now - longestMs, Math.min(since, now) - check.everyMs);
  if (check?.kind !== 'burnRate') return Math.max(now - longestMs, judged ?? analysedFrom - historyMs);
  const { windowMs, longWindowMs = windowMs } = check;
  return Math.min(now - windowMs, Math.max(now - longWindowMs, judged ?? 0));
}

async function scrape(
  { kind, canary, primary, unitMs, asked, selectors: names }: Sources,
  span: { readonly from: number; readonly at: number },
  model: Model,
  ports: Pick<Ports, 'series'>,
): Promise<Scraped> {
  const { metricsServer } = model.canary.spec;
  const answers = await ports.series.read({
    selectors: asked,
    ...span,
    ...(metricsServer === undefined ? {} : { metricsServer }),
  });
  const failure = answers.find(answer => answer.kind !== 'series');
  if (failure !== undefined) return failure;
  const of = (selector: Selector): readonly RawSeries[] => seriesIn(answers[asked.indexOf(selector)]);
  if (kind !== 'counters') {
    const side = (list: readonly Source[]) => distinct(list.flatMap(({ selector }) => of(selector)));
    if (kind === 'gauges')
      return {
        kind,
        canary: side(canary).filter(hasSamples),
        primary: side(primary).filter(hasSamples),
        selectors: names,
      };
    const classic = classicOf({ canary: side(canary), primary: side(primary) });
    return 'why' in classic
      ? { kind: 'inconclusive', why: classic.why }
      : { kind, ...classic, selectors: names, unitMs };
  }
  const side = (list: readonly Source[]): CounterSeries => {
    const total: RawSeries[] = [];
    const failed: RawSeries[] = [];
    for (const { selector, bad, isBad } of list) {
      for (const each of of(selector)) {
        if (hasSamples(each)) total.push(each);
        if (bad === undefined && isBad?.(each.labels) === true) failed.push(each);
      }
      if (bad !== undefined) failed.push(...of(bad));
    }
    return { total, bad: failed };
  };
  return { kind, canary: side(canary), primary: side(primary), selectors: names };
}

/** A native histogram is no counter and no gauge. */
function hasSamples({ samples }: RawSeries): boolean {
  return samples.length > 0;
}

/** Where scrapes give a pod's labels twice, two sources choose the same series. */
function distinct(series: readonly RawSeries[]): readonly RawSeries[] {
  return [...new Map(series.map(each => [JSON.stringify(each.labels), each])).values()];
}

function seriesIn(answer: SeriesAnswer | undefined): readonly RawSeries[] {
  return answer?.kind === 'series' ? answer.series : [];
}
