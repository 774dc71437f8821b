import { afterAll, expect, inject, it } from 'vitest';
import { kinds } from '../../src/api/kinds.ts';
import { connect } from './crd-client.ts';
import { analysis, collection, objectOf, spec } from './crd-objects.ts';

const client = connect(inject('apiServer'));
afterAll(() => client.close());

/** Specs that leave out all that has a default, at every depth that has one. */
const minimal: readonly (readonly [string, Record<string, unknown>])[] = [
  ['Canary', spec.canary()],
  [
    'Canary',
    spec.canary({
      service: {
        port: 80,
        gatewayRefs: [{ name: 'gateway' }],
        mirror: [{ backendRef: { name: 'x', port: 1 } }],
      },
      analysis: {
        iterations: 3,
        metrics: [{ name: 'request-duration' }],
        alerts: [{ name: 'team', providerRef: { name: 'slack' } }],
        sessionAffinity: { cookieName: 'side' },
        undecided: { noData: {}, error: { policy: 'Rollback' }, inconclusive: { timeLimit: '1h' } },
      },
      rollback: { git: { repositoryRef: { name: 'manifests' }, path: 'apps/podinfo' } },
    }),
  ],
  ['Canary', spec.canary({ analysis: analysis({ undecided: {} }), rollback: {} })],
  [
    'Canary',
    spec.canary({
      analysis: analysis({
        checks: [
          { name: 'errors', compare: {} },
          { name: 'latency', compare: { of: 'Latency', tolerance: { difference: 3 } } },
          { name: 'slo', burnRate: { objective: 99.9, longWindow: '1h' } },
          { name: 'memory', gauge: { metric: 'process_resident_memory_bytes' } },
          { name: 'judge', webhook: { url: 'https://judge.example.com/canary' } },
          { name: 'ceiling', threshold: { maxErrorPercent: 1 } },
        ],
        impactBudget: { failedRequests: 25 },
      }),
    }),
  ],
  ['MetricTemplate', spec.metricTemplate()],
  ['AlertProvider', spec.alertProvider()],
  ['ManifestRepository', spec.manifestRepository()],
  ['ManifestRepository', spec.manifestRepository({ commit: { name: 'me' }, limits: { maxFiles: 1 } })],
];

it.each(minimal)(
  "a %s has the same defaults from the API server as from the operator's parser",
  async (name, written) => {
    const kind = kinds.find(({ resource }) => resource.kind === name);
    const { status, body } = await client.ask(
      'POST',
      `${collection(name)}?dryRun=All&fieldValidation=Strict`,
      objectOf(name, written),
    );
    expect(status, body.message).toBe(201);
    expect(body['spec']).toEqual(kind?.spec.parse(written));
    expect(body['spec']).not.toEqual(written);
  },
);
