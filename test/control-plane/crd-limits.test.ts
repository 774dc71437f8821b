import { afterAll, expect, inject, it } from 'vitest';
import { connect } from './crd-client.ts';
import { analysis, collection, type Fields, objectOf, spec } from './crd-objects.ts';

const client = connect(inject('apiServer'));
afterAll(() => client.close());

function many<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}

function entries(count: number): Fields {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, 'x']));
}

const metric = { name: 'request-duration' };
const provider = { name: 'slack' };

/** One field beyond its limit each. */
const oversize: readonly (readonly [string, string, Fields])[] = [
  ['spec.analysis.metrics', 'Canary', spec.canary({ analysis: analysis({ metrics: many(33, metric) }) })],
  [
    'spec.analysis.alerts',
    'Canary',
    spec.canary({ analysis: analysis({ alerts: many(17, { name: 'a', providerRef: provider }) }) }),
  ],
  ['spec.analysis.stepWeight', 'Canary', spec.canary({ analysis: analysis({ stepWeight: 101 }) })],
  ['spec.analysis.stepWeight', 'Canary', spec.canary({ analysis: analysis({ stepWeight: 0 }) })],
  ['spec.analysis.maxWeight', 'Canary', spec.canary({ analysis: analysis({ maxWeight: 101 }) })],
  ['spec.analysis.stepWeights', 'Canary', spec.canary({ analysis: { stepWeights: [] } })],
  ['spec.analysis.stepWeights[0]', 'Canary', spec.canary({ analysis: { stepWeights: [0] } })],
  [
    'spec.analysis.metrics[0].templateVariables',
    'Canary',
    spec.canary({ analysis: analysis({ metrics: [{ ...metric, templateVariables: entries(33) }] }) }),
  ],
  [
    'spec.analysis.metrics[0].query',
    'Canary',
    spec.canary({ analysis: analysis({ metrics: [{ ...metric, query: 'x'.repeat(8193) }] }) }),
  ],
  ['spec.service.name', 'Canary', spec.canary({ service: { port: 80, name: 'x'.repeat(56) } })],
  ['spec.service.port', 'Canary', spec.canary({ service: { port: 65_536 } })],
  ['spec.service.hosts', 'Canary', spec.canary({ service: { port: 80, hosts: many(17, 'a.example.com') } })],
  [
    'spec.service.trafficPolicy',
    'Canary',
    spec.canary({ service: { port: 80, trafficPolicy: entries(33) } }),
  ],
  [
    'spec.service.gatewayRefs',
    'Canary',
    spec.canary({ service: { port: 80, gatewayRefs: many(33, provider) } }),
  ],
  ['spec.metricsServer', 'Canary', spec.canary({ metricsServer: 'http://user@prometheus' })],
  ['spec.query', 'MetricTemplate', { ...spec.metricTemplate(), query: 'x'.repeat(16_385) }],
  [
    'spec.provider.headers',
    'MetricTemplate',
    spec.metricTemplate({
      headers: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`x-${index}`, ['a']])),
    }),
  ],
  ['spec.channel', 'AlertProvider', spec.alertProvider({ address: 'https://x', channel: 'x'.repeat(257) })],
  ['spec.url', 'ManifestRepository', spec.manifestRepository({ url: 'https://me:secret@git.example.com/a' })],
  [
    'spec.allow.paths',
    'ManifestRepository',
    spec.manifestRepository({ allow: { namespaces: ['*'], paths: [] } }),
  ],
  ['spec.limits.maxFiles', 'ManifestRepository', spec.manifestRepository({ limits: { maxFiles: 101 } })],
];

it.each(oversize)('%s beyond its limits makes a %s invalid', async (field, kind, written) => {
  const { status, body } = await client.ask(
    'POST',
    `${collection(kind)}?dryRun=All`,
    objectOf(kind, written),
  );
  expect(status, body.message).toBe(422);
  expect(body.message).toContain(`${field}: `);
});
