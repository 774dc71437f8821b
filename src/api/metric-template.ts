/** The spec of a MetricTemplate: a query, and the provider that answers it. */
import { z } from 'zod';
import { filled, list, localRef, map, text } from './fields.ts';
import { withRule } from './rule.ts';

const metricProviders = [
  'prometheus',
  'influxdb',
  'datadog',
  'externalmetrics',
  'stackdriver',
  'cloudwatch',
  'newrelic',
  'graphite',
  'dynatrace',
  'keptn',
  'splunk',
] as const;

const MetricProvider = withRule(
  z.object({
    type: z.enum(metricProviders).describe('Kind of the provider.'),
    address: text(2048).exactOptional().describe('URL of the provider.'),
    headers: map(list(text(8192), 16), 32)
      .exactOptional()
      .describe('Headers to send with every query, by name.'),
    secretRef: localRef('Secret')
      .exactOptional()
      .describe("A Secret of the template's namespace that holds the credentials."),
    region: text(63).exactOptional().describe('Region of the provider (CloudWatch).'),
    insecureSkipVerify: z
      .boolean()
      .default(false)
      .describe("Accept any certificate of the provider's server."),
  }),
  {
    cel: "self.type != 'prometheus' || has(self.address)",
    message: 'address must be set for prometheus',
    check: ({ type, address }) => type !== 'prometheus' || address !== undefined,
  },
);

export const MetricTemplateSpec = z.object({
  provider: MetricProvider.describe('Who answers the query.'),
  query: filled(16_384).describe(
    'The query, with one value as its result. It may use `{{ name }}`, `{{ namespace }}`, `{{ target }}`, `{{ service }}`, `{{ ingress }}`, `{{ route }}`, `{{ interval }}` and `{{ variables.<name> }}`.',
  ),
});
export type MetricTemplateSpec = z.infer<typeof MetricTemplateSpec>;
