/** `analysis.checks[].gauge`: what the canary's pods show beside the primary's. */
import { z } from 'zod';
import { durationBetween } from './fields.ts';
import { withRule } from './rule.ts';
import { bySide, selector } from './series-selector.ts';

export const GaugeCheck = withRule(
  withRule(
    z.object({
      metric: selector("the pods' gauge")
        .exactOptional()
        .describe(
          "PromQL series selector of a gauge that each pod has, such as `process_resident_memory_bytes`; the pods of either side are found by the labels that scrapes give them (`namespace` and `pod`, OpenTelemetry's, or those of Flagger's Prometheus).",
        ),
      series: bySide(selector('the gauge'))
        .exactOptional()
        .describe('Instead of `metric`, the whole selectors of both sides.'),
      worse: z.enum(['Higher', 'Lower']).default('Higher').describe('Which way is worse.'),
      tolerance: z
        .object({
          percent: z
            .number()
            .min(0)
            .max(1_000)
            .default(10)
            .describe("Percent of the primary's value that the canary may be worse by, 0 to 1,000."),
          difference: z
            .number()
            .min(0)
            .max(1e15)
            .default(0)
            .describe("The same in the gauge's own unit; both together are accepted."),
        })
        .prefault({})
        .describe('How much worse than the primary the canary may be, on average over its pods.'),
      every: durationBetween('5s', '10m')
        .default('30s')
        .describe(
          'Length of one measurement, from `5s` to `10m`, at least a scrape: the mean of both sides in this time is one pair, and a verdict takes twenty.',
        ),
      onFail: z
        .enum(['Rollback', 'Hold'])
        .default('Rollback')
        .describe('What follows when the canary is worse than the primary.'),
    }),
    {
      cel: 'has(self.metric) != has(self.series)',
      message: 'set exactly one of metric and series',
      check: ({ metric, series }) => (metric === undefined) !== (series === undefined),
    },
  ),
  {
    cel: "self.worse == 'Higher' || self.tolerance.percent < 100.0",
    message: 'tolerance.percent must be below 100 where Lower is worse: no gauge falls further',
    check: ({ worse, tolerance }) => worse === 'Higher' || tolerance.percent < 100,
  },
);
