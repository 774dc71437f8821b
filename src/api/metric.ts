/** `spec.analysis.metrics`: the checks by which a revision is judged. */
import { z } from 'zod';
import { durationBetween, filled, list, map, namespacedRef, text } from './fields.ts';
import { withRule } from './rule.ts';

/** Checks that need no query of the user's. */
const builtInChecks = ['request-success-rate', 'request-duration'] as const;

const ThresholdRange = withRule(
  z.object({
    min: z.number().exactOptional().describe('The least value that passes.'),
    max: z.number().exactOptional().describe('The greatest value that passes.'),
  }),
  {
    cel: '!has(self.min) || !has(self.max) || self.min <= self.max',
    message: 'min must not be greater than max',
    check: ({ min, max }) => min === undefined || max === undefined || min <= max,
  },
);

const CanaryMetric = withRule(
  z.object({
    name: filled(253).describe(
      'Name of the check. `request-success-rate` (percent) and `request-duration` (99th percentile, milliseconds) are built in.',
    ),
    interval: durationBetween('1s', '24h')
      .default('1m')
      .describe('Window over which the query looks back, from `1s` to `24h`.'),
    thresholdRange: ThresholdRange.exactOptional().describe('Values that pass, in the unit of the check.'),
    threshold: z
      .number()
      .exactOptional()
      .describe(
        'Deprecated, use `thresholdRange`. Least value for `request-success-rate`, greatest value for all other checks.',
      ),
    query: text(8192)
      .exactOptional()
      .describe('Deprecated, use `templateRef`. A PromQL query with one result.'),
    templateRef: namespacedRef().exactOptional().describe('The MetricTemplate that holds the query.'),
    templateVariables: map(text(1024), 32)
      .exactOptional()
      .describe('Values which the template reads as `{{ variables.<name> }}`.'),
  }),
  {
    cel: `self.name in [${builtInChecks.map(name => `'${name}'`).join(', ')}] || has(self.query) || has(self.templateRef)`,
    message: `templateRef must be set, unless name is ${builtInChecks.join(' or ')}`,
    check: ({ name, query, templateRef }) =>
      builtInChecks.some(known => known === name) || query !== undefined || templateRef !== undefined,
  },
);

export const CanaryMetrics = list(CanaryMetric, 32);
