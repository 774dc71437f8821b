/** `spec.analysis.checks`: the canary against the primary by counts, with a known rate of false alarms. */
import { z } from 'zod';
import { durationMs } from './duration.ts';
import { durationBetween, filled, list } from './fields.ts';
import { GaugeCheck } from './gauge-check.ts';
import { withRule } from './rule.ts';
import { bySide, selector } from './series-selector.ts';
import { WebhookCheck } from './webhook-check.ts';

const Counts = z.object({
  total: selector('the counter of all requests'),
  bad: selector('the counter of those that failed'),
});

const Buckets = z.object({
  buckets: selector("the classic histogram's buckets, with the label `le`, or of the native histogram"),
});

const Tolerance = z.object({
  ratio: z
    .number()
    .min(1)
    .max(100)
    .default(1)
    .describe("So many times the primary's share is accepted, 1 to 100."),
  difference: z
    .number()
    .min(0)
    .max(50)
    .exactOptional()
    .describe(
      "Percentage points above that are accepted too, 0 to 50; the preset's when unset (latency: 2).",
    ),
});

const Compare = withRule(
  withRule(
    withRule(
      z.object({
        of: z
          .enum(['Errors', 'Latency'])
          .default('Errors')
          .describe('`Errors`: the share of failed requests. `Latency`: the shares of slow requests.'),
        counts: bySide(Counts)
          .exactOptional()
          .describe("With `Errors`: your own counters; those of the data plane's vantage when unset."),
        histograms: bySide(Buckets)
          .extend({
            unit: z
              .enum(['Seconds', 'Milliseconds'])
              .default('Seconds')
              .describe('The unit of the label `le`.'),
          })
          .exactOptional()
          .describe("With `Latency`: your own histograms; those of the data plane's vantage when unset."),
        tolerance: Tolerance.prefault({}).describe('How much worse than the primary the canary may be.'),
        objective: z
          .number()
          .min(1)
          .max(99.9999)
          .exactOptional()
          .describe(
            "Percent of requests that should be good. A canary below it that is not worse than the primary holds the run: an incident that both share is not the release's fault.",
          ),
        slowerThan: durationBetween('1ms', '10m')
          .exactOptional()
          .describe('With `Latency` and `objective`: a request that takes longer is not good.'),
        minRequests: z
          .int()
          .min(1)
          .max(1_000_000_000)
          .exactOptional()
          .describe(
            'Requests of the canary that a promotion needs; when unset, as many as would show a clear regression.',
          ),
        onFail: z
          .enum(['Rollback', 'Hold'])
          .default('Rollback')
          .describe('What follows when the canary is worse than the primary.'),
      }),
      {
        cel: "self.of == 'Errors' ? !has(self.histograms) : !has(self.counts)",
        message: 'counts go with Errors, histograms with Latency',
        check: ({ of, counts, histograms }) =>
          of === 'Errors' ? histograms === undefined : counts === undefined,
      },
    ),
    {
      cel: "!has(self.slowerThan) || (self.of == 'Latency' && has(self.objective))",
      message: 'slowerThan needs Latency and objective',
      check: ({ slowerThan, of, objective }) =>
        slowerThan === undefined || (of === 'Latency' && objective !== undefined),
    },
  ),
  {
    cel: "!has(self.objective) || self.of == 'Errors' || has(self.slowerThan)",
    message: 'objective of Latency needs slowerThan',
    check: ({ objective, of, slowerThan }) =>
      objective === undefined || of === 'Errors' || slowerThan !== undefined,
  },
);

const Threshold = z.object({
  maxErrorPercent: z
    .number()
    .min(0.0001)
    .max(99)
    .describe(
      'The run fails once the canary certainly exceeds this share of failed requests, in percent; it passes once it is certainly below.',
    ),
  counts: Counts.exactOptional().describe(
    "Counters of the canary; those of the data plane's vantage when unset.",
  ),
});

const BurnRate = withRule(
  z.object({
    objective: z.number().min(1).max(99.9999).describe('Percent of all requests that should be good.'),
    window: durationBetween('10s', '1h')
      .default('5m')
      .describe(
        'Time over which the failed requests of both sides are counted, from `10s` to `1h`; at least two scrapes.',
      ),
    longWindow: durationBetween('1m', '6h')
      .exactOptional()
      .describe(
        'A longer time, from `1m` to `6h`, in which the budget must burn as fast before the run holds: a short peak does not hold it then. The hold ends by `window` alone.',
      ),
    max: z
      .number()
      .min(1)
      .max(100_000)
      .default(14.4)
      .describe('The run holds while the error budget is spent more than so many times as fast as allowed.'),
    counts: Counts.exactOptional().describe(
      "Counters of the whole service; both sides of the data plane's vantage when unset.",
    ),
  }),
  {
    cel: '!has(self.longWindow) || duration(self.longWindow) > duration(self.window)',
    message: 'longWindow must be longer than window',
    check: ({ window, longWindow }) =>
      longWindow === undefined || (durationMs(longWindow) ?? 0) > (durationMs(window) ?? 0),
  },
);

const Check = withRule(
  z.object({
    name: filled(63).describe('Name of the check.'),
    compare: Compare.exactOptional().describe(
      'The canary against the primary: it fails when the canary is worse, whatever both do.',
    ),
    threshold: Threshold.exactOptional().describe('The canary against a fixed limit, with confidence.'),
    burnRate: BurnRate.exactOptional().describe(
      'The whole service against its objective: it holds the run and never fails the release.',
    ),
    gauge: GaugeCheck.exactOptional().describe(
      "A gauge of the canary's pods against the primary's, such as memory, goroutines or a queue's length.",
    ),
    webhook: WebhookCheck.exactOptional().describe('Somebody else, who is asked over HTTP.'),
  }),
  {
    cel: '[has(self.compare), has(self.threshold), has(self.burnRate), has(self.gauge), has(self.webhook)].filter(x, x).size() == 1',
    message: 'set exactly one of compare, threshold, burnRate, gauge and webhook',
    check: ({ compare, threshold, burnRate, gauge, webhook }) =>
      [compare, threshold, burnRate, gauge, webhook].filter(kind => kind !== undefined).length === 1,
  },
);
export type CanaryCheck = z.infer<typeof Check>;

export const CanaryChecks = withRule(list(Check, 16), {
  cel: 'self.all(check, self.exists_one(other, other.name == check.name))',
  message: 'each name may be used once',
  check: checks => new Set(checks.map(({ name }) => name)).size === checks.length,
});

export const Preset = z.enum(['conservative', 'balanced', 'sensitive']);

export const ImpactBudget = withRule(
  z.object({
    failedRequests: z
      .number()
      .min(1)
      .max(1_000_000)
      .exactOptional()
      .describe('Requests that a bad release may be expected to fail before it is found out.'),
    errorBudget: z
      .object({
        objective: z.number().min(1).max(99.9999).describe('Percent of all requests that should be good.'),
        share: z
          .number()
          .min(0.0001)
          .max(100)
          .describe("Percent of 30 days' error budget that a bad release may cost."),
      })
      .exactOptional()
      .describe('The same as a share of the error budget.'),
  }),
  {
    cel: 'has(self.failedRequests) != has(self.errorBudget)',
    message: 'set exactly one of failedRequests and errorBudget',
    check: ({ failedRequests, errorBudget }) =>
      (failedRequests === undefined) !== (errorBudget === undefined),
  },
);
